"""Chances of being chosen as they are first written: every item, by the readable local update."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from model.bundle.bundle import Bundle
from model.data.signals import is_disliked, is_liked
from model.features import FeatureValue
from model.relevance import RelevanceModel
from model.relevance.local_update import CatalogueSample, SupportBags, local_update
from model.relevance.network import RepresentedItems
from scripts.benchmark.naive_model import NaiveModel


@dataclass(frozen=True)
class NaiveValues:
    """What the naive design tells of every item.

    Attributes:
        order: What a list goes by, shape [items].
        score: Predicted ratings, shape [items].
        relevance: Shape [items]; None where the preset has none.
        lift: Shape [items]; None where the preset has none.
    """

    order: Tensor
    score: Tensor
    relevance: Tensor | None = None
    lift: Tensor | None = None


class NaiveLists:
    """Computes what the service computes, from the same bundle, for the whole catalogue.

    Args:
        bundle: Of any preset.
        ratings: Predicts ratings.
    """

    def __init__(self, bundle: Bundle, ratings: NaiveModel) -> None:
        self._ratings = ratings
        self._relevance = bundle.relevance

    def values(
        self, attributes: Mapping[str, FeatureValue], support_set: Sequence[tuple[int, float]]
    ) -> NaiveValues:
        """Adapt to a user and tell all that the service tells of every item."""
        score = self._ratings.predict(attributes, support_set)
        model = self._relevance
        if model is None:
            return NaiveValues(score, score)
        blended = _blended(model, attributes, support_set, score)
        likely = _relevance(model, blended)
        if not support_set:
            return NaiveValues(blended, score, likely, torch.zeros_like(likely))
        before = self._ratings.predict(attributes, [])
        prior = _relevance(model, _blended(model, attributes, [], before))
        return NaiveValues(blended, score, likely, likely - prior)


def _blended(
    model: RelevanceModel,
    attributes: Mapping[str, FeatureValue],
    support_set: Sequence[tuple[int, float]],
    score: Tensor,
) -> Tensor:
    index = np.array([[item for item, _ in support_set]], dtype=np.int64)
    rating = np.array([[one for _, one in support_set]], dtype=np.float32)
    support = SupportBags.of(
        index,
        np.ones(index.shape, dtype=np.bool_),
        is_liked(rating, model.scale),
        is_disliked(rating, model.scale),
    )
    users = model.user_space.encode([attributes])
    logits, totals = [], []
    learnt, sample = model.learnt, model.sample
    width, everything = model.config.width, slice(None)
    entry, output = learnt.table.entry.rows(everything), learnt.table.output.rows(everything)
    with torch.no_grad():
        for at, network in enumerate(learnt.networks):
            items = RepresentedItems(
                torch.from_numpy(entry[:, at * width : (at + 1) * width]),
                torch.from_numpy(output[:, at * (width + 1) : (at + 1) * (width + 1)]),
            )
            mine = CatalogueSample(
                torch.from_numpy(sample.output[at]), torch.from_numpy(sample.log_weight)
            )
            vector = local_update(network, items, users, support, mine)[0]
            logits.append(items.output @ vector)
            totals.append(mine.output @ vector)
    mean = torch.stack(logits).mean(0)
    total = torch.logsumexp(
        torch.stack(totals).mean(0) + torch.from_numpy(sample.log_weight), dim=0
    )
    blended = model.blend.added(
        (mean - total).numpy(), score.numpy(), len(support_set), model.scale
    )
    return torch.from_numpy(blended)


def _relevance(model: RelevanceModel, blended: Tensor) -> Tensor:
    return torch.from_numpy(model.relevance(blended.numpy()))
