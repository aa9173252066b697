"""The design of the MeLU authors' code, to measure our training beside it.

Written again after https://github.com/hoyeoplee/MeLU; what it has of their design:

- Users are learnt from one after another in a Python loop.
- Each pair of user and item is one long vector of whole numbers: the index of each feature that
  has one value, a 0/1 place for each value of a feature that may have several. Inside the estimator
  the latter are made floats, multiplied with an embedding matrix (`nn.Linear` without bias) and
  divided by the number of ones.
- Every local step runs the whole estimator, embeddings included, on the support set and asks
  autograd for the gradient by all weights, in a way that can be differentiated again; the decision
  layers' new weights then stand in for θ's, and the embeddings stay.
- A batch of users makes one global update with Adam.

Where it differs, it is mostly in the design's favour: weights are swapped in by a function call
rather than by copying the whole state at every step. The vectors are made outside the time that is
measured, as theirs are read from files. In the other direction, the global update goes
through the local one as MAML has it, which theirs sets out to do and then cuts off by
`load_state_dict`; ours does so too.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn
from torch.func import functional_call

from model.arrays import Int64Array
from model.episodes import Episodes, PaddedRatings
from model.features import EncodedFeature, EncodedTable
from model.melu.preset import EstimatorConfig
from model.melu.weights import MetaWeights, RatingUnits


@dataclass(frozen=True)
class _Column:
    """Where a feature stands in the vectors.

    Attributes:
        feature: Its values.
        slots: Number of its slots.
        of_user: Whether it is the user's.
    """

    feature: EncodedFeature
    slots: int
    of_user: bool

    @property
    def single(self) -> bool:
        """Tell whether every row has exactly one value."""
        return len(self.feature.slots) == len(self.feature)

    @property
    def width(self) -> int:
        """Places that it takes."""
        return 1 if self.single else self.slots

    def dense(self, rows: Int64Array) -> Int64Array:
        """Write rows out, shape [rows, width]."""
        bags = self.feature.rows(rows)
        if self.single:
            return bags.slots[:, None]
        written = np.zeros((len(rows), self.slots), dtype=np.int64)
        # A value that stands twice counts twice, as it does in our mean.
        np.add.at(written, (np.repeat(np.arange(len(rows)), np.diff(bags.offsets)), bags.slots), 1)
        return written


@dataclass(frozen=True)
class DenseSet:
    """One user's support or query set.

    Attributes:
        vectors: One a pair of user and item, shape [n, places].
        rating: In the estimator's units, shape [n].
    """

    vectors: Tensor
    rating: Tensor


class DenseVectors:
    """Writes pairs of users and items as long vectors.

    Args:
        users: All users' encoded features.
        items: All items' encoded features.
        theta: Tells how many slots each feature has.
        units: The estimator's units.
    """

    def __init__(
        self, users: EncodedTable, items: EncodedTable, theta: MetaWeights, units: RatingUnits
    ) -> None:
        self._units = units
        self.columns = [
            _Column(feature, len(theta.user_embeddings[name]), of_user=True)
            for name, feature in users.items()
        ] + [
            _Column(feature, len(theta.item_embeddings[name]), of_user=False)
            for name, feature in items.items()
        ]

    def sets(self, episodes: Episodes) -> list[tuple[DenseSet, DenseSet]]:
        """Write each episode's support set and query set."""
        return [
            (
                self._set(user, episodes.support_set.rows(slice(row, row + 1))),
                self._set(user, episodes.query_set.rows(slice(row, row + 1))),
            )
            for row, user in enumerate(episodes.user_index)
        ]

    def _set(self, user: int, ratings: PaddedRatings) -> DenseSet:
        real = ratings.mask[0] > 0
        items = ratings.item_index[0][real.numpy()]
        rows = [np.full(len(items), user) if column.of_user else items for column in self.columns]
        written = [column.dense(row) for column, row in zip(self.columns, rows, strict=True)]
        return DenseSet(
            torch.from_numpy(np.concatenate(written, axis=1)),
            self._units.standardise(ratings.rating[0][real]),
        )


class DenseEstimator(nn.Module):
    """The user preference estimator on long vectors.

    Args:
        columns: Where each feature stands.
        theta: Its values are taken over.
    """

    def __init__(self, columns: Sequence[_Column], theta: MetaWeights) -> None:
        super().__init__()
        self._widths = [column.width for column in columns]
        tables = [*theta.user_embeddings.values(), *theta.item_embeddings.values()]
        self.embeddings = nn.ModuleList()
        for column, table in zip(columns, tables, strict=True):
            weight = table.detach().clone()
            if column.single:
                self.embeddings.append(
                    nn.Embedding.from_pretrained(weight, freeze=False)  # type: ignore[no-untyped-call]
                )
            else:
                linear = nn.Linear(column.slots, table.shape[1], bias=False)
                linear.weight = nn.Parameter(weight.T.contiguous())
                self.embeddings.append(linear)
        self.decision = nn.Sequential()
        for weight, bias in zip(theta.decision.weights, theta.decision.biases, strict=True):
            if len(self.decision):
                self.decision.append(nn.ReLU())
            layer = nn.Linear(weight.shape[1], weight.shape[0])
            layer.weight = nn.Parameter(weight.detach().clone())
            layer.bias = nn.Parameter(bias.detach().clone())
            self.decision.append(layer)

    def forward(self, vectors: Tensor) -> Tensor:
        """Predict the ratings of pairs, shape [n]."""
        embedded = []
        for part, embedding in zip(
            torch.split(vectors, self._widths, 1), self.embeddings, strict=True
        ):
            if isinstance(embedding, nn.Embedding):
                embedded.append(embedding(part[:, 0]))
            else:
                ones = part.float()
                embedded.append(embedding(ones) / ones.sum(1, keepdim=True))
        predicted: Tensor = self.decision(torch.cat(embedded, dim=1))
        return predicted.squeeze(1)


class AuthorsLoop:
    """Meta-training, one user at a time.

    Args:
        estimator: θ.
        config: Local steps and rate.
        learning_rate: Adam's step size.
    """

    def __init__(
        self, estimator: DenseEstimator, config: EstimatorConfig, learning_rate: float
    ) -> None:
        self._estimator = estimator
        self._config = config
        self._optimiser = torch.optim.Adam(estimator.parameters(), lr=learning_rate)

    def predict(self, support_set: DenseSet, query_set: DenseSet) -> Tensor:
        """Adapt a copy of the layers to a support set and predict a query set, shape [q]."""
        config = self._config
        weights: dict[str, Tensor] = dict(self._estimator.named_parameters())
        size = max(len(support_set.rating) + config.support_damping, 1.0)
        for _ in range(config.local_steps if len(support_set.rating) else 0):
            predicted = functional_call(self._estimator, weights, (support_set.vectors,))
            loss = ((predicted - support_set.rating) ** 2).sum() / size
            gradient = torch.autograd.grad(loss, list(weights.values()), create_graph=True)
            weights = {
                name: weight - config.local_learning_rate * step if _adapts(name) else weight
                for (name, weight), step in zip(weights.items(), gradient, strict=True)
            }
        answer: Tensor = functional_call(self._estimator, weights, (query_set.vectors,))
        return answer

    def global_update(self, batch: Sequence[tuple[DenseSet, DenseSet]]) -> float:
        """Move θ by the query loss of some users.

        Args:
            batch: Their support and query sets.

        Returns:
            The loss.
        """
        losses = [
            nn.functional.mse_loss(self.predict(support_set, query_set), query_set.rating)
            for support_set, query_set in batch
        ]
        loss = torch.stack(losses).mean()
        self._optimiser.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        self._optimiser.step()
        return loss.item()


def _adapts(name: str) -> bool:
    return name.startswith("decision.")
