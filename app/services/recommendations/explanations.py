"""Why an item is recommended: what each piece of feedback does to its place."""

from __future__ import annotations

import numpy as np
import orjson

from app.services.model_state.live_model import Snapshot
from app.services.recommendations.adaptation import Adapter, SupportSet
from app.services.recommendations.ranking_snapshots import SCORE_SCALE
from model.arrays import Int64Array
from model.orders import Order

MOST_REASONS = 5
"""Strongest pieces of feedback that are named for an item."""


class Explanations:
    """Tells by leave-one-out how far single pieces of feedback move what a list goes by.

    Args:
        adapter: Adapts without a piece.
    """

    def __init__(self, adapter: Adapter) -> None:
        self._adapter = adapter

    def of(
        self, snapshot: Snapshot, known: SupportSet, items: Int64Array, order: Order
    ) -> list[bytes]:
        """Name the pieces of feedback that each item's place depends on most.

        An effect is what the list goes by, with all feedback, less the same without the piece:
        local updates run for both, on the same weights θ. It is not clipped to the rating scale.

        Args:
            snapshot: Model and catalogue.
            known: What the ranking was adapted to.
            items: Internal item indices.
            order: What the list goes by.

        Returns:
            A JSON list for each item, strongest first.
        """
        recommender, catalogue = snapshot.recommender, snapshot.catalogue
        known = known.of_items_that_exist(recommender)
        if not (known.ratings or known.beside) or not len(items):
            return [b"[]"] * len(items)
        values = self._adapter.leave_one_out(recommender, known, items, order)
        effects = np.rint((values[0] - values[1:]).astype(np.float64) * SCORE_SCALE)
        by_strength = np.argsort(-np.abs(effects), axis=0, kind="stable")
        strongest = by_strength[:MOST_REASONS].T.tolist()
        # What is no rating moves some lists only; see `Adapter.leave_one_out`.
        ratings = known.ratings[: self._adapter.support_limit]
        beside = known.beside[: len(effects) - len(ratings)]
        answers = [
            *(orjson.dumps(one[1]) for one in ratings),
            *(b'null,"action":%b' % orjson.dumps(one[-1]) for one in beside),
        ]
        item_ids = [one[0] for one in ratings] + [one[0] for one in beside]
        index = [catalogue.index_of[item_id] for item_id in item_ids]
        shown_pieces = [
            b'%b,"rating":%b,"effect":' % piece
            for piece in zip(snapshot.item_json.names(catalogue, index), answers, strict=True)
        ]
        of_items = (effects.T / SCORE_SCALE + 0.0).tolist()  # no −0
        return [
            b"[%b]"
            % b",".join(
                [b"%b%b}" % (shown_pieces[one], orjson.dumps(effect[one])) for one in places]
            )
            for places, effect in zip(strongest, of_items, strict=True)
        ]
