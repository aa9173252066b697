"""`/admin`: the back office's page, and what it shows that no other path does."""

from pathlib import Path

from fastapi import APIRouter, HTTPException, Request, Response

from app.dependencies import OPERATIONS, ServicesDep
from app.metrics import MOST_ANSWERS, ItemCounts, onboarding_counts
from app.problems import ModelUnavailable, problem_responses
from app.routes.site_files import site_file
from app.schemas.operations import (
    AskedItem,
    ModelCard,
    OnboardingAnswers,
    OnboardingReport,
    OnboardingStep,
    Training,
)
from model.recommender import Recommender

router = APIRouter(prefix="/admin", tags=[OPERATIONS])

_PAGE = Path(__file__).parent.parent / "static" / "admin" / "index.html"
_MOST_ITEMS = 50


@router.get("", include_in_schema=False)
async def admin_page(request: Request) -> Response:
    """The back office; it holds no data, and asks for all of it with a server key."""
    if not request.app.state.has_admin:
        raise HTTPException(404)
    return site_file(request, _PAGE)


@router.get(
    "/model",
    summary="How the model was trained",
    responses=problem_responses(ModelUnavailable),
)
async def get_model_card(services: ServicesDep) -> ModelCard:
    """The preset with its configuration, and the course of the training. Server key only."""
    recommender = services.live.current.recommender
    report = recommender.training
    return ModelCard(
        version=recommender.manifest.version,
        preset=recommender.manifest.preset.model_dump(mode="json"),
        training=None if report is None else Training(**report.model_dump()),
    )


@router.get(
    "/onboarding",
    summary="How the onboarding goes",
    responses=problem_responses(ModelUnavailable),
)
def get_onboarding_report(services: ServicesDep) -> OnboardingReport:
    """Questions and answers, counted over all workers since the service started, of nobody by name.

    Calls of `GET /onboarding/items` that name a user are counted by the answers that this user had
    given, and answers by what they say. Of items the first 500 that a worker asks about are
    counted; the 50 that were shown most are told. Server key only.
    """
    # A plain function: adding up the files of many workers is kept off the event loop.
    counts = onboarding_counts()
    recommender = services.live.current.recommender
    names = [*map(str, range(MOST_ANSWERS)), f"{MOST_ANSWERS}+"]
    steps = [
        OnboardingStep(
            answers=name,
            calls=sum(counts.calls.get((name, enough), 0) for enough in (False, True)),
            enough=counts.calls.get((name, True), 0),
        )
        for name in names
    ]
    most = sorted(counts.items.items(), key=lambda one: (-one[1].shown, one[0]))[:_MOST_ITEMS]
    return OnboardingReport(
        steps=steps,
        answers=OnboardingAnswers(**counts.answers),
        items=[_asked(recommender, item_id, one) for item_id, one in most],
    )


def _asked(recommender: Recommender, item_id: str, counts: ItemCounts) -> AskedItem:
    catalogue = recommender.catalogue
    index = catalogue.index_of.get(item_id)
    title = item_id if index is None else catalogue.records([index])[0].title
    return AskedItem(item_id=item_id, title=title, **vars(counts))
