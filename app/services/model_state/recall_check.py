"""Tell at start-up how good the ranking of a large catalogue is."""

from __future__ import annotations

import logging

from app.problems import Overloaded
from app.services.model_state.executor import InferenceExecutor
from model.recommender import Recommender

logger = logging.getLogger("uvicorn.error")

USERS = 10
LIMIT = 20
_SEED = 0


async def report_recall(recommender: Recommender, compute: InferenceExecutor) -> None:
    """Log the recall of ranking in two stages against the exact ranking.

    The service answers meanwhile: the work is done in parts of some hundredths of a second, one
    after another, and requests come in between.

    Args:
        recommender: The model; nothing happens if it ranks all items exactly anyway.
        compute: Where tensors are computed.
    """
    if not recommender.ranks_in_two_stages:
        return
    parts = recommender.recall_of_users(users=USERS, limit=LIMIT, seed=_SEED)
    found: list[float] = []
    try:
        while len(found) < USERS:
            part = await compute.run(lambda: next(parts))
            if part is not None:
                found.append(part)
    except Overloaded:
        logger.info("Recall of the two-stage ranking was not measured: too many requests")
        return
    logger.info(
        "Ranking %s items in two stages; recall@%d against the exact ranking %.3f (%d users)",
        f"{len(recommender.catalogue):,}",
        LIMIT,
        sum(found) / len(found),
        USERS,
    )
