"""The catalogue as the members represent it, laid out for ranking.

Dimensions: I items, M members, D representation, C inputs to a support set's summary.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch

from model.bayesian.item_rows import ItemRows
from model.bayesian.network import BayesianNetwork
from model.bayesian.reduced import ReducedFeatures
from model.bayesian.serving_update import RatedItems
from model.estimator import FloatArray

IndexArray = npt.NDArray[np.int64]

FULL_TABLE_LIMIT = 200_000
"""Items up to which the contributions to a support set's summary are kept at hand."""
_CHUNK = 65_536
_LEAST_OUTPUT = 0.02


@dataclass(frozen=True)
class ServedItems:
    """What ranking and the local update need of each item.

    Attributes:
        features: φ of all members side by side, shape [I, M D].
        reduced: Components of φ and of the hidden layer under θ; None where the catalogue is so
            large that it is ranked in two stages.
        base: Base ratings for a user without ratings in training, shape [I, M].
        mean_base: The members' mean, shape [I].
        noise_log: Log variance of a rating, shape [I, M].
        summary: Contributions to a support set's summary, shape [I, M, 2 C]; None if they are
            computed when an item is rated.
        norm: Largest ‖φ‖ of each member, shape [M].
        width: D.
    """

    features: FloatArray
    reduced: ReducedFeatures | None
    base: FloatArray
    mean_base: FloatArray
    noise_log: FloatArray
    summary: FloatArray | None
    norm: FloatArray
    width: int

    def __len__(self) -> int:
        return len(self.base)

    def phi(self, rows: IndexArray | slice) -> FloatArray:
        """Return the representations of some items, shape [M, rows, D]."""
        flat = self.features[rows]
        return flat.reshape(len(flat), len(self.norm), self.width).transpose(1, 0, 2)


def serve_items(
    networks: Sequence[BayesianNetwork], rows: ItemRows, dtype: npt.DTypeLike = np.float32
) -> ServedItems:
    """Represent all items once.

    Args:
        networks: The members.
        rows: What the item encoder sees.
        dtype: Precision of the tables.

    Returns:
        The tables; without the summaries where the catalogue is large.
    """
    members, width = len(networks), networks[0].width
    hidden_width = networks[0].output.shape[0]
    full = len(rows) <= FULL_TABLE_LIMIT
    features = np.empty((len(rows), members * width), dtype=dtype)
    hidden = np.empty((len(rows) if full else 0, members * hidden_width), dtype=dtype)
    base = np.empty((len(rows), members), dtype=dtype)
    noise_log = np.empty_like(base)
    summary: FloatArray | None = None
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
            if full:
                with torch.no_grad():
                    layer = network.hidden_layer(items.phi).numpy()
                hidden[chunk, member * hidden_width : (member + 1) * hidden_width] = layer
                if summary is None:
                    summary = np.empty((len(rows), members, items.summary.shape[1]), dtype)
                summary[chunk, member] = items.summary.numpy()
    mean_base = base.mean(1)
    reduced = _reduced(networks, features, hidden, mean_base) if full else None
    return ServedItems(features, reduced, base, mean_base, noise_log, summary, norm, width)


def _reduced(
    networks: Sequence[BayesianNetwork], features: FloatArray, hidden: FloatArray, base: FloatArray
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


def rated_items(
    items: ServedItems,
    networks: Sequence[BayesianNetwork],
    rows: ItemRows,
    index: IndexArray,
    rating: FloatArray,
) -> RatedItems:
    """Look a support set's items up.

    Args:
        items: The catalogue.
        networks: The members, for what the tables lack.
        rows: What the item encoder sees, for the same.
        index: Items, shape [n].
        rating: Their ratings, brought to a range of 4, shape [n].

    Returns:
        The support set.
    """
    if items.summary is not None:
        summary = items.summary[index].transpose(1, 0, 2)
    else:
        some = rows.rows(torch.from_numpy(index))
        with torch.no_grad():
            summary = np.stack([n.represent(some).summary.numpy() for n in networks])
    return RatedItems(
        phi=np.ascontiguousarray(items.phi(index)),
        summary=summary,
        base=items.base[index].T,
        noise_log=items.noise_log[index].T,
        rating=rating,
    )
