"""The catalogue as the members represent it, laid out for ranking.

Dimensions: I items, M members, D representation, C inputs to a support set's summary.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch

from model.arrays import Float32Array, Int64Array
from model.bayesian.network import BayesianNetwork
from model.bayesian.serving.local_update import RatedItems
from model.bayesian.training.item_features import ItemRows
from model.bundle.weights_file import FileRows
from model.ranking import ONE_STAGE_LIMIT
from model.ranking.pca_bounds import ReducedFeatures

_CHUNK = 8_192
_LEAST_OUTPUT = 0.02


@dataclass(frozen=True)
class ItemTable:
    """What ranking and the local update need of each item.

    Attributes:
        features: φ of all members side by side, shape [I, M D]; in half precision where the
            catalogue is large: that moves a score by some ten thousandths of a rating.
        reduced: Components of φ and of the hidden layer under θ; None where the catalogue is so
            large that it is ranked in two stages.
        base: Base ratings for a user without ratings in training, shape [I, M].
        mean_base: The members' mean, shape [I].
        constant: `mean_base` and the hidden layer's part v·tanh(Wᵀ φ + b) under θ, shape [I].
        noise_log: Log variance of a rating, shape [I, M].
        summary: Contributions to a support set's summary, shape [I, M, 2 C]; None where the
            catalogue is large, and they are computed when an item is rated.
        inputs: What they are computed from, shape [I, inputs]; else None.
        norm: Largest ‖φ‖ of each member, shape [M].
        width: D.
    """

    features: npt.NDArray[np.floating]
    reduced: ReducedFeatures | None
    base: Float32Array
    mean_base: Float32Array
    constant: Float32Array
    noise_log: Float32Array
    summary: Float32Array | None
    inputs: Float32Array | FileRows | None
    norm: Float32Array
    width: int

    def __len__(self) -> int:
        return len(self.base)

    def flat(self, rows: npt.NDArray[np.integer] | slice) -> Float32Array:
        """Return the representations of some items, shape [rows, M D]."""
        # NumPy's take gathers rows in half of the time of an index.
        table = self.features
        some = table[rows] if isinstance(rows, slice) else table.take(rows, axis=0)
        if some.dtype == np.float16:
            some = torch.from_numpy(some).float().numpy()  # NumPy takes ten times as long
        return some

    def phi(self, rows: npt.NDArray[np.integer] | slice) -> Float32Array:
        """Return the representations of some items, shape [M, rows, D]."""
        return self.of_members(self.flat(rows))

    def of_members(self, flat: Float32Array) -> Float32Array:
        """Part what `flat` returned by members, shape [M, rows, D]."""
        return flat.reshape(len(flat), len(self.norm), self.width).transpose(1, 0, 2)


def build_item_table(
    networks: Sequence[BayesianNetwork],
    rows: ItemRows,
    dtype: npt.DTypeLike = np.float32,
    *,
    is_live: bool = False,
) -> ItemTable:
    """Represent all items once.

    Args:
        networks: The members.
        rows: What the item encoder sees.
        dtype: Precision of the tables.
        is_live: Whether they were put after training: then all of them are scored, without
            principal components, and have summaries.

    Returns:
        The tables; without the summaries where the catalogue is large.
    """
    members, width = len(networks), networks[0].width
    hidden_width = networks[0].output.shape[0]
    # Live items have no second stage, and their tables are joined, however many they become.
    full = is_live or len(rows) <= ONE_STAGE_LIMIT
    reduce = full and not is_live
    stored = dtype if full else np.float16
    features: npt.NDArray[np.floating] = np.empty((len(rows), members * width), dtype=stored)
    hidden = np.empty((len(rows) if reduce else 0, members * hidden_width), dtype=dtype)
    base = np.empty((len(rows), members), dtype=dtype)
    constant = np.zeros(len(rows), dtype=dtype)
    noise_log = np.empty_like(base)
    summary: Float32Array | None = None
    norm = np.zeros(members, dtype=dtype)
    for start in range(0, len(rows), _CHUNK):
        chunk = slice(start, start + _CHUNK)
        some = rows.rows(chunk)
        every = torch.arange(len(some)).unsqueeze(0)
        nothing = torch.zeros(1, len(some))
        for member, network in enumerate(networks):
            with torch.no_grad():
                items = network.represent(some)
                base[chunk, member] = network.base(items, every, nothing, nothing)[0].numpy()
            phi = items.phi.numpy()
            features[chunk, member * width : (member + 1) * width] = phi
            noise_log[chunk, member] = items.noise_log.numpy()
            norm[member] = max(norm[member], np.sqrt((phi * phi).sum(1)).max(initial=0))
            layer = np.tanh(
                phi @ network.hidden_weight.detach().numpy() + network.hidden_bias.detach().numpy()
            )
            constant[chunk] += (
                base[chunk, member] + layer @ network.output.detach().numpy()
            ) / members
            if reduce:
                hidden[chunk, member * hidden_width : (member + 1) * hidden_width] = layer
            if full:
                if summary is None:
                    summary = np.empty((len(rows), members, items.summary.shape[1]), dtype)
                summary[chunk, member] = items.summary.numpy()
    mean_base = base.mean(1)
    inputs = None if full else rows.inputs.numpy()
    reduced = _reduced(networks, features, hidden, mean_base) if reduce else None
    return ItemTable(
        features, reduced, base, mean_base, constant, noise_log, summary, inputs, norm, width
    )


def _reduced(
    networks: Sequence[BayesianNetwork],
    features: npt.NDArray[np.floating],
    hidden: Float32Array,
    base: Float32Array,
) -> ReducedFeatures:
    """Weigh columns by how far users' weights go: w ~ N(m, I), and v stays near that of θ."""
    means = [network.prior_mean.detach().numpy() for network in networks]
    outputs = [network.output.detach().numpy() for network in networks]
    weight = np.concatenate(
        [np.sqrt(1 + mean * mean) for mean in means]
        + [np.abs(output) + _LEAST_OUTPUT for output in outputs]
    )
    return ReducedFeatures.of(
        np.concatenate([features, hidden], axis=1),
        (weight / len(networks)).astype(features.dtype),
        base,
    )


def joined(one: ItemTable, other: ItemTable) -> ItemTable:
    """Put live items behind others."""
    assert one.summary is not None  # noqa: S101 - live items have summaries
    assert other.summary is not None  # noqa: S101 - live items have summaries
    return ItemTable(
        features=np.concatenate([one.features, other.features]),
        reduced=None,
        base=np.concatenate([one.base, other.base]),
        mean_base=np.concatenate([one.mean_base, other.mean_base]),
        constant=np.concatenate([one.constant, other.constant]),
        noise_log=np.concatenate([one.noise_log, other.noise_log]),
        summary=np.concatenate([one.summary, other.summary]),
        inputs=None,
        norm=np.maximum(one.norm, other.norm),
        width=one.width,
    )


def rated_items(
    items: ItemTable,
    networks: Sequence[BayesianNetwork],
    index: Int64Array,
    rating: Float32Array,
) -> RatedItems:
    """Look a support set's items up.

    Args:
        items: The catalogue.
        networks: The members, for what the tables lack.
        index: Items, shape [n].
        rating: Their ratings, brought to a range of 4, shape [n].

    Returns:
        The support set.
    """
    if items.summary is not None:
        summary = items.summary[index].transpose(1, 0, 2)
    else:
        assert items.inputs is not None  # noqa: S101 - one of both is there
        inputs = torch.from_numpy(items.inputs[index])
        with torch.no_grad():
            summary = np.stack([network.summarise(inputs).numpy() for network in networks])
    return RatedItems(
        phi=np.ascontiguousarray(items.phi(index)),
        summary=summary,
        base=items.base[index].T,
        noise_log=items.noise_log[index].T,
        rating=rating,
    )
