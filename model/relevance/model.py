"""θ of the relevance objective, bound to the items that users choose from."""

from __future__ import annotations

from collections.abc import Sequence
from copy import copy
from dataclasses import replace
from functools import cached_property

import numpy as np
from torch import Tensor

from model.answers import Comparison, SupportSet, answers, comparisons, rated
from model.arrays import Float32Array, Int64Array
from model.features import FeatureSpace, Slots
from model.item_vectors import ItemVectors
from model.live_items import LiveItems
from model.ranking import Clusters, best_ascending
from model.ranking.coarse_items import CoarseItems
from model.relevance.adapted_user import RelevanceUser
from model.relevance.asking.groups import group_items
from model.relevance.blend import Blend
from model.relevance.choice_loss import draw_sample
from model.relevance.comparisons import RELIABILITY, OfferedVectors
from model.relevance.config import RelevanceConfig
from model.relevance.serving.item_table import joined
from model.relevance.serving.likeliest_vector import likeliest
from model.relevance.serving.local_update import SampledItems, amortised_start, gradient_steps
from model.relevance.serving.new_items import live_table
from model.relevance.serving.stacked_networks import StackedNetworks
from model.relevance.serving.support_sums import SupportSums
from model.relevance.stored_weights import Learnt, restore

_SAMPLE_SEED = 0
_GROUPS_SEED = 0
_MOST_RATED = 2_000


class RelevanceModel:
    """Adapts ū to users, and tells how likely they choose items; θ stays as it is.

    Args:
        config: Configuration.
        scale: Lowest and highest rating.
        user_space: Encoders of the user features.
        item_space: Encoders of the item features.
        learnt: What training found.

    Attributes:
        clusters: Of the bundle's items, where there are so many that ranking takes two stages.
    """

    clusters: Clusters | None = None

    def __init__(
        self,
        config: RelevanceConfig,
        scale: tuple[float, float],
        user_space: FeatureSpace,
        item_space: FeatureSpace,
        learnt: Learnt,
    ) -> None:
        self.config = config
        self.user_space = user_space
        self.item_space = item_space
        self.scale = scale
        self.learnt = learnt
        self.theta = StackedNetworks.of(learnt.networks)
        self.vectors = ItemVectors(learnt.table, len(learnt.table))

    @cached_property
    def most_rated(self) -> Int64Array:
        """The bundled items that most users rated, at most 2,000, in ascending order."""
        return best_ascending(self.learnt.table.ratings, _MOST_RATED)

    @property
    def members(self) -> int:
        """M."""
        return self.config.members

    @property
    def blend(self) -> Blend:
        """How much a predicted rating counts beside a chance."""
        return self.learnt.blend

    def with_blend(self, blend: Blend) -> RelevanceModel:
        """Return the same θ with another blend."""
        other = copy(self)
        other.learnt = replace(self.learnt, blend=blend)
        return other

    @cached_property
    def sample(self) -> SampledItems:
        """Items of the bundle that stand for the catalogue, by what everybody chooses."""
        table = self.vectors.bundled
        nobody = amortised_start(self.theta, [self.user_space.slots({})], self.support_sums([]))
        logits = table.logits((nobody / np.float32(self.members)).ravel()).astype(np.float64)
        share = np.exp(logits - logits.max())
        random = np.random.default_rng(_SAMPLE_SEED)
        drawn, log_weight = draw_sample(share / share.sum(), self.config.sample, random)
        output = self._of_members(table.output.rows(drawn), self.config.width + 1)
        return SampledItems(drawn, np.ascontiguousarray(output.transpose(1, 0, 2)), log_weight)

    def adapt(self, slots: Slots, support_set: SupportSet) -> RelevanceUser:
        """Run the local update on a user's support set; θ stays as it is.

        Args:
            slots: User feature → slots of the user's values.
            support_set: What the user answered.

        Returns:
            The user's own copy.
        """
        weights = self.updated([slots], self.support_sums(support_set))
        steps = self.steps if support_set else 0
        total = float(self.sample.log_totals(weights)[0])
        return RelevanceUser(weights.ravel(), total, len(rated(support_set)), steps)

    def adapt_each(
        self, users: Sequence[Slots], support_sets: Sequence[SupportSet]
    ) -> list[RelevanceUser]:
        """Run the local updates of several users, side by side where none was offered a choice.

        Args:
            users: Of each user; see `adapt`.
            support_sets: Of each user, none of them empty.

        Returns:
            What `adapt` returns for each, but for rounding.
        """
        sums = [self.support_sums(one) for one in support_sets]
        found = {
            at: self.adapt(users[at], support_sets[at])
            for at, one in enumerate(sums)
            if one.offered
        }
        beside = [at for at in range(len(sums)) if at not in found]
        if beside:
            weights = self.updated(
                [users[at] for at in beside], SupportSums.of_users([sums[at] for at in beside])
            )
            totals = self.sample.log_totals(weights).tolist()
            for row, (at, total) in enumerate(zip(beside, totals, strict=True)):
                size = len(rated(support_sets[at]))
                found[at] = RelevanceUser(weights[:, row].ravel(), total, size, self.steps)
        return [found[at] for at in range(len(sums))]

    @property
    def steps(self) -> int:
        """Steps of a local update, the amortised start among them."""
        return 1 + len(self.theta.rates)

    def updated(self, users: Sequence[Slots], support: SupportSums) -> Float32Array:
        """Run the local update on B support sets.

        Args:
            users: User feature → slots of the user's values; of the user whose support sets all
                are, or of the user of each.
            support: The support sets.

        Returns:
            ū of the members, of which the sum is the ensemble's mean, shape [M, B, W + 1], or with
            1 for B where the answers in which they differ move nothing.
        """
        start = amortised_start(self.theta, users, support)
        vector = gradient_steps(self.theta, start, support, self.sample)
        if support.offered:
            vector = likeliest(vector, support.offered, self.learnt.spread, support.rated)
        return vector / np.float32(self.members)

    def support_sums(self, support_set: SupportSet) -> SupportSums:
        """Look the items of a support set up, and sum over them."""
        given = answers(support_set, self.scale)
        index = np.array([one.item for one in given], dtype=np.int64)
        entry, output = self.entry_and_output(index)
        sums = SupportSums.of(entry, output, given, self.members)
        for one in comparisons(support_set):
            sums = sums.with_comparison(self.offered(one))
        return sums

    def offered(self, comparison: Comparison) -> OfferedVectors:
        """Look up what was compared; see `model.relevance.comparisons`."""
        means = []
        for items in comparison.alternatives:
            output = self.output(np.array(items, dtype=np.int64))
            means.append(self._of_members(output, self.config.width + 1).mean(0))
        return OfferedVectors(
            np.ascontiguousarray(np.stack(means, axis=1)[:, None]),
            np.array(comparison.points, dtype=np.float32) * np.float32(RELIABILITY),
        )

    def entry_and_output(self, items: Int64Array) -> tuple[Float32Array, Float32Array]:
        """Return e and ō of items, of all members side by side: [n, M W] and [n, M (W + 1)]."""
        entry = self.vectors.take(items, lambda table, rows: table.entry.rows(rows))
        return entry, self.output(items)

    def output(self, items: Int64Array) -> Float32Array:
        """Return ō of items, of all members side by side, shape [n, M (W + 1)]."""
        return self.vectors.take(items, lambda table, rows: table.output.rows(rows))

    def tastes(self, items: Int64Array) -> Float32Array:
        """Return what tells items apart but for popularity, shape [items, M W]."""
        output = self._of_members(self.output(items), self.config.width + 1)
        return output[:, :, :-1].reshape(len(items), -1)

    @cached_property
    def groups(self) -> tuple[Int64Array, ...]:
        """Groups of the bundle's items; see `model.relevance.asking.groups`."""
        items = self.most_rated
        raters = self.learnt.table.ratings[items]
        parts = group_items(self.tastes(items), raters, _GROUPS_SEED)
        return tuple(items[part] for part in parts)

    def _of_members(self, flat: Float32Array, width: int) -> Float32Array:
        return flat.reshape(len(flat), self.members, width)

    def log_chance(self, user: RelevanceUser, items: Int64Array | None = None) -> Float32Array:
        """Return ln p(i | ū), the chance that the user chooses an item of all.

        Args:
            user: What `adapt` returned.
            items: Internal item indices; all items if None.

        Returns:
            Shape [items].
        """
        logits = self.vectors.read(items, lambda table, rows: table.logits(user.weights, rows))
        return logits - np.float32(user.log_total)

    @cached_property
    def coarse(self) -> CoarseItems:
        """The bundle's items in few columns, for ranking in two stages."""
        assert self.clusters is not None  # noqa: S101 - else nobody asks
        table = self.vectors.bundled
        nothing = np.zeros(len(table), dtype=np.float32)
        return CoarseItems.of(table.output.rows, nothing, self.clusters)

    def clustering_features(self) -> Float32Array:
        """Tell items apart as users' weights do; what clusters are made of, shape [I, F]."""
        return self.vectors.bundled.output.rows(slice(None))

    def adapted_to(self, support_set: SupportSet) -> RelevanceUser:
        """Adapt to a user of whom nothing else is known."""
        return self.adapt(self.user_space.slots({}), support_set)

    def relevance(self, log_chance: Float32Array) -> Float32Array:
        """Turn chances into how likely an item is among all that a user will have liked.

        Of m choices, as many as users of the training liked on average, one at least falls on an
        item of chance p with 1 − exp(−m p).

        Args:
            log_chance: ln p, shape [items].

        Returns:
            From 0 to 1, shape [items].
        """
        expected = np.exp(np.minimum(log_chance, 0)) * np.float32(self.learnt.likes_a_user)
        found: Float32Array = -np.expm1(-expected)
        return found

    def blended(
        self, user: RelevanceUser, items: Int64Array, score: Float32Array | None
    ) -> Float32Array:
        """Add predicted ratings to the chances of items; see `model.relevance.blend`.

        Args:
            user: What `adapt` returned.
            items: Internal item indices.
            score: Their predicted ratings, shape [items]; None where the data have none.

        Returns:
            What a list by relevance is ordered by, shape [items].
        """
        return self.with_ratings(user, self.log_chance(user, items), score)

    def with_ratings(
        self, user: RelevanceUser, log_chance: Float32Array, score: Float32Array | None
    ) -> Float32Array:
        """Add predicted ratings to the chances of items, as `blended` does.

        Args:
            user: What `adapt` returned.
            log_chance: Their ln p, shape [items].
            score: Their predicted ratings, shape [items]; None where the data have none.

        Returns:
            What a list by relevance is ordered by, shape [items].
        """
        if score is None:
            return log_chance
        return self.blend.added(log_chance, score, user.support_size, self.scale)

    def blended_relevance(
        self, user: RelevanceUser, items: Int64Array, score: Float32Array | None
    ) -> Float32Array:
        """Return the relevance of items, their predicted ratings blended in; see `blended`."""
        return self.relevance(self.blended(user, items, score))

    def extended(self, items: LiveItems) -> RelevanceModel:
        """Return the same θ over more items; see `Estimator.extended`."""
        other = copy(self)
        live = live_table(items, self.learnt, self.item_space)
        other.vectors = self.vectors.append(live, items.count, joined)
        assert other.sample is self.sample  # noqa: S101 - drawn from the bundle's items alone
        return other

    def tensors(self) -> dict[str, Tensor]:
        """Every tensor that the model needs, under stable names, as stored in a bundle."""
        return self.learnt.named_tensors(self.item_space)

    @classmethod
    def restore(
        cls,
        config: RelevanceConfig,
        scale: tuple[float, float],
        user_space: FeatureSpace,
        item_space: FeatureSpace,
        tensors: dict[str, Tensor],
        item_count: int,
    ) -> RelevanceModel:
        """Put together what `tensors` took apart; see `model.relevance.stored_weights.restore`.

        Args:
            config: Configuration.
            scale: Lowest and highest rating.
            user_space: Encoders of the user features.
            item_space: Encoders of the item features.
            tensors: As stored.
            item_count: Number of items.

        Returns:
            A model whose answers are bit-equal to the stored one's.

        Raises:
            BundleError: If a tensor is missing, surplus, of the wrong shape or not finite.
        """
        learnt = restore(config, user_space, item_space, tensors, item_count)
        return cls(config, scale, user_space, item_space, learnt)
