"""What the service is measured beside: an application that does nothing, and the naive one.

python -m scripts.benchmark.naive_app noop --answer FILE --port PORT
python -m scripts.benchmark.naive_app naive --model BUNDLE --store URL --port PORT
"""

import argparse
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Annotated

import orjson
import torch
import uvicorn
from fastapi import Depends, FastAPI, Query, Request, Response
from torch import Tensor

from app.schemas.recommendations import RecommendationQuery, Recommendations, RecommendedItem
from app.schemas.values import UserId
from app.services.feedback_meanings import FeedbackMeanings
from app.settings import Settings
from app.store import StoredUser, UserStore, connect_store
from model.bundle.bundle import load_bundle
from scripts.benchmark.naive_model import naive_model
from scripts.benchmark.naive_relevance import NaiveLists

PATH = "/users/{user_id}/recommendations"
READY_PATH = "/readyz"


def noop_app(answer: Path) -> FastAPI:
    """Make an application that gives every user the same answer.

    Args:
        answer: JSON with the `headers` and the `body` to send.

    Returns:
        The application.
    """
    app = FastAPI()
    _add_readiness(app)
    content = orjson.loads(answer.read_bytes())
    headers: dict[str, str] = content["headers"]
    body: bytes = content["body"].encode()

    @app.get(PATH)
    async def get_recommendations() -> Response:
        return Response(body, headers=headers)

    return app


def naive_app(model: Path, store_url: str) -> FastAPI:
    """Make the application that is written first: for the same answers, from the same store.

    Filters are left out, since the load asks for none.

    Args:
        model: The bundle.
        store_url: The store.

    Returns:
        The application.
    """
    torch.set_num_threads(1)
    settings = Settings()
    bundle = load_bundle(model)
    catalogue, (low, high) = bundle.catalogue, bundle.manifest.scale
    items = catalogue.records(range(len(catalogue)))
    estimator = naive_model(bundle)
    lists = NaiveLists(bundle, estimator)
    meanings = FeedbackMeanings(settings.action_meanings, (low, high))

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        redis = connect_store(
            store_url,
            timeout_seconds=settings.store_timeout_seconds,
            connections=settings.store_connections,
        )
        app.state.store = UserStore(redis)
        yield
        await redis.aclose()

    app = FastAPI(lifespan=lifespan)
    _add_readiness(app)

    async def stored_user(user_id: UserId, request: Request) -> StoredUser | None:
        store: UserStore = request.app.state.store
        return await store.get(user_id)

    @app.get(PATH)
    def get_recommendations(
        user_id: UserId,
        query: Annotated[RecommendationQuery, Query()],
        user: Annotated[StoredUser | None, Depends(stored_user)],
    ) -> Recommendations:
        support_set = [
            (catalogue.index_of[one.item_id], meaning.rating)
            for one in (user.feedback if user else ())
            if one.item_id in catalogue.index_of
            and (meaning := meanings.of(one)) is not None
            and meaning.rating is not None
        ][: settings.support_limit]
        found = lists.values(user.attributes if user else {}, support_set)
        hidden = set(query.exclude)
        if query.exclude_seen and user:
            hidden |= user.seen
        order = found.order.argsort(descending=True, stable=True).tolist()
        best = [index for index in order if items[index].item_id not in hidden][: query.limit]
        return Recommendations(
            user_id=user_id,
            strategy="adapted" if support_set else "prior",
            support_size=len(support_set),
            support_version=user.support_version if user else 0,
            local_steps=estimator.local_steps if support_set else 0,
            model_version=bundle.manifest.version,
            list_id="",
            next_cursor=None,
            items=[
                RecommendedItem(
                    item_id=items[index].item_id,
                    title=items[index].title,
                    attributes=items[index].attributes,
                    rank=rank,
                    relevance=_rounded(found.relevance, index),
                    lift=_rounded(found.lift, index),
                    score=round(min(max(float(found.score[index]), low), high), 4),
                )
                for rank, index in enumerate(best, start=1)
            ],
        )

    return app


def _rounded(values: Tensor | None, index: int) -> float | None:
    return None if values is None else round(float(values[index]), 4)


def _add_readiness(app: FastAPI) -> None:
    @app.get(READY_PATH)
    async def ready() -> None:
        return None


def main() -> None:
    """Serve one of the two on this machine."""
    common = argparse.ArgumentParser(add_help=False)
    common.add_argument("--port", type=int, required=True)
    parser = argparse.ArgumentParser()
    kinds = parser.add_subparsers(dest="kind", required=True)
    noop = kinds.add_parser("noop", parents=[common])
    noop.add_argument("--answer", type=Path, required=True)
    naive = kinds.add_parser("naive", parents=[common])
    naive.add_argument("--model", type=Path, required=True)
    naive.add_argument("--store", required=True)
    given = parser.parse_args()
    app = noop_app(given.answer) if given.kind == "noop" else naive_app(given.model, given.store)
    # The same loop and parser as the service has.
    uvicorn.run(
        app, port=given.port, loop="uvloop", http="httptools", log_level="info", access_log=False
    )


if __name__ == "__main__":
    main()
