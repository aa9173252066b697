"""Health, readiness, and what model is loaded."""

from fastapi import APIRouter, Response
from fastapi.responses import PlainTextResponse

from app.dependencies import (
    OPERATIONS,
    ManagerDep,
    ScarceDep,
    ServicesDep,
    StoreDep,
    StoreWarningsDep,
)
from app.metrics import CONTENT_TYPE, exposition
from app.problems import InvalidBundle, ModelUnavailable, StoreUnavailable, problem_responses
from app.schemas.operations import (
    FeatureDescription,
    Health,
    ItemNoun,
    ModelDescription,
    ModelReloaded,
    Readiness,
)
from model.bundle.manifest import Manifest
from model.features import FeatureSpace

router = APIRouter(tags=[OPERATIONS])


@router.get("/healthz", summary="Alive")
async def healthz() -> Health:
    """200 as long as the process answers; store and model are not checked."""
    return Health()


@router.get(
    "/readyz",
    summary="Ready to serve",
    response_model_exclude_none=True,
    responses=problem_responses(StoreUnavailable, ModelUnavailable),
)
async def readyz(
    services: ServicesDep, store: StoreDep, scarce: ScarceDep, warnings: StoreWarningsDep
) -> Readiness:
    """200 if the model is loaded and the store answers; otherwise 503 says which is missing.

    A store that answers but takes no writes, because it is full or a replica, is ready too: to
    take the service away would keep users from recommendations that it still can give. The answer
    says so in `store`, as it does where too few replicas have what is written. `scarce` names what
    is nearly used up, and `warnings` what of the store and the settings an operator should know.
    """
    refusal = await store.refusal()
    recommender = services.live.current.recommender
    told = [*warnings, *services.warnings()]
    experiment = services.arms.experiment
    return Readiness(
        scarce=scarce or None,
        warnings=told or None,
        model=recommender.manifest.version,
        candidate=None if experiment is None else experiment.candidate,
        store="ok" if refusal is None else "read_only",
        store_refusal=refusal,
    )


@router.get(
    "/model",
    summary="The loaded model",
    responses=problem_responses(ModelUnavailable),
)
async def get_model(services: ServicesDep) -> ModelDescription:
    """Version, features with their values, rating scale, size of the catalogue, metrics."""
    recommender = (await services.live.latest_known()).recommender
    manifest = recommender.manifest
    return ModelDescription(
        version=manifest.version,
        dataset=manifest.dataset,
        preset=manifest.preset.name,
        orders=recommender.orders,
        rating_scale=recommender.rating_scale,
        user_features=_described(recommender.user_space),
        item_features=_described(recommender.item_space),
        items=len(recommender.catalogue),
        item_noun=_noun_of(manifest),
        metrics=manifest.metrics,
        created_at=manifest.created_at,
    )


@router.post(
    "/admin/model/reload",
    summary="Load a new bundle",
    responses=problem_responses(InvalidBundle, StoreUnavailable),
)
async def reload_model(manager: ManagerDep) -> ModelReloaded:
    """Load the bundle that is now in the service's folder, and the candidate's if there is one.

    It is checked completely before it serves; requests in flight finish on the bundle before, and a
    bad bundle changes nothing. Other workers find the new bundle by themselves, within
    `MELU_MODEL_WATCH_SECONDS`.
    """
    done = await manager.reload()
    return ModelReloaded(
        version=done.version,
        previous_version=done.previous,
        candidate_version=done.candidate,
    )


@router.get(
    "/metrics",
    summary="Metrics for Prometheus",
    response_class=PlainTextResponse,
    responses={200: {"description": "Prometheus' text format, summed over all workers."}},
)
def get_metrics(scarce: ScarceDep) -> Response:
    """Requests, stages, problems, cache, store, queue and model; the docs list every name."""
    # A plain function: adding up the files of many workers is kept off the event loop.
    return Response(
        exposition(scarce), headers={"Cache-Control": "no-store"}, media_type=CONTENT_TYPE
    )


def _noun_of(manifest: Manifest) -> ItemNoun:
    if manifest.nouns is None:
        return ItemNoun()
    one, many = manifest.nouns
    return ItemNoun(one=one, many=many)


def _described(space: FeatureSpace) -> dict[str, FeatureDescription]:
    return {
        name: FeatureDescription(**vars(encoder.describe()))
        for name, encoder in space.encoders.items()
    }
