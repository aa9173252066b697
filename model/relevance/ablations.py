"""A model without some of its parts: to choose the blend by, and to tell what each part does."""

from __future__ import annotations

from copy import copy
from dataclasses import replace

import numpy as np

from model.relevance.blend import Blend
from model.relevance.model import RelevanceModel
from model.relevance.serving.item_table import ChoiceTable


def one_member(model: RelevanceModel, member: int) -> RelevanceModel:
    """Return a model of one member alone, as the blend is chosen with."""
    width = model.config.width
    entry, output = model.learnt.table.entry, model.learnt.table.output
    table = ChoiceTable(
        entry.part(slice(member * width, (member + 1) * width)),
        output.part(slice(member * (width + 1), (member + 1) * (width + 1))),
        model.learnt.table.ratings,
    )
    spread = model.learnt.spread
    learnt = replace(
        model.learnt,
        networks=(model.learnt.networks[member],),
        table=table,
        spread=replace(spread, covariance=spread.covariance[member : member + 1]),
    )
    config = model.config.model_copy(update={"members": 1})
    return RelevanceModel(config, model.scale, model.user_space, model.item_space, learnt)


def unblended(model: RelevanceModel) -> RelevanceModel:
    """Return the same θ, whose lists go by chances alone."""
    return model.with_blend(Blend(np.zeros_like(model.blend.weights)))


def without_steps(model: RelevanceModel) -> RelevanceModel:
    """Return the same θ, whose local update ends with its amortised start."""
    other = copy(model)
    other.theta = replace(model.theta, rates=model.theta.rates[:0])
    return other
