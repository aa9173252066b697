"""Learn θ of the relevance objective through the local update, member by member.

Dimensions: B episodes, I items, C content inputs.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch

from model.arrays import BoolArray, Float32Array, Int64Array
from model.bundle.reports import EpochReport, notes_of, reports_of
from model.cores import usable_cores
from model.episodes import PaddedRatings, RatingsByUser, UserQueue
from model.features import EncodedTable
from model.relevance.answer_network import Dropout
from model.relevance.choice_loss import choice_loss
from model.relevance.config import RelevanceConfig
from model.relevance.local_update import CatalogueSample, local_update
from model.relevance.network import ItemResiduals, RelevanceNetwork, RepresentedItems
from model.relevance.training.answer_training import train_answers
from model.relevance.training.batch_items import NamedItems
from model.relevance.training.held_out_lists import Best, HeldOutLists
from model.relevance.training.spread import measure_spread
from model.relevance.training.start import LearntChoice
from model.relevance.training.training_data import RelevanceLearning
from model.training_checkpoints import Checkpoint, Checkpoints, TrainingState

Begin = Callable[[RelevanceNetwork, ItemResiduals], None]
"""Puts other weights than random ones into what is to be trained."""
_FEW = 20
_WARM_UP = 0.1
_REPORTED = 20
"""Reports that a training gives, as if it had so many epochs."""


@dataclass(frozen=True)
class TrainedMember:
    """One network and its items.

    Attributes:
        network: θ.
        items: All items as the network knows them, at the end of the training.
        held_out: Users that it did not learn from.
        covariance: How users scatter, shape [W + 1, W + 1]; see `model.relevance.training.spread`.
        halved_after: Ratings after which half of that is left.
    """

    network: RelevanceNetwork
    items: RepresentedItems
    held_out: Int64Array
    covariance: Float32Array
    halved_after: float


def train_members(
    learning: RelevanceLearning,
    *,
    seed: int,
    on_epoch: Callable[[EpochReport], None],
    checkpoints: Checkpoints,
    before: LearntChoice | None = None,
) -> tuple[TrainedMember, ...]:
    """Train all members side by side.

    Args:
        learning: What they learn from.
        seed: Every random draw follows from it.
        on_epoch: Called now and then, from several threads.
        checkpoints: Where to go on from, and what is kept meanwhile.
        before: θ to begin with; random if None.

    Returns:
        The members.
    """
    members = learning.config.members
    users = np.random.default_rng([seed, 3]).permutation(learning.learners)
    if learning.user_places is not None:
        users = learning.learners[np.argsort(learning.user_places[learning.learners])]
    part = int(len(users) * min(learning.config.held_out, 1 / (2 * members)))

    def begin(member: int) -> Begin:
        def load(network: RelevanceNetwork, residuals: ItemResiduals) -> None:
            if before is not None:
                before.load_into(network, residuals, member, learning)

        return load

    def train(member: int) -> TrainedMember:
        held_out = users[member * part : (member + 1) * part]
        learners = np.concatenate([users[: member * part], users[(member + 1) * part :]])
        return _train_member(
            learning,
            learners,
            held_out,
            seed=seed * members + member,
            phase=f"relevance {member + 1} of {members}",
            on_epoch=on_epoch,
            checkpoint=checkpoints.part(f"relevance-{member + 1}"),
            begin=begin(member),
        )

    with ThreadPoolExecutor(learning.ranks.threads(min(members, usable_cores()))) as pool:
        return tuple(pool.map(train, range(members)))


def _train_member(
    learning: RelevanceLearning,
    learners: Int64Array,
    held_out: Int64Array,
    *,
    seed: int,
    phase: str,
    on_epoch: Callable[[EpochReport], None],
    checkpoint: Checkpoint,
    begin: Begin,
) -> TrainedMember:
    config, ranks = learning.config, learning.ranks
    updates = config.updates(len(learners))
    random = np.random.default_rng([seed, 4])
    generator = torch.Generator().manual_seed(seed)
    content = learning.content
    network = RelevanceNetwork(config, content.shape[1], learning.user_space, generator)
    share = torch.from_numpy(learning.share.astype(np.float32)).log()
    with torch.no_grad():
        network.bias.fill_(float(share.mean()))
    residuals = ItemResiduals(config, share - share.mean(), generator)
    begin(network, residuals)
    groups: list[dict[str, Any]] = [
        {"params": [residuals.entry, residuals.output], "weight_decay": config.weight_decay},
        {"params": [residuals.bias, *network.parameters()]},
    ]
    optimiser = torch.optim.Adam(groups, lr=config.learning_rate, fused=True)
    schedule = torch.optim.lr_scheduler.OneCycleLR(
        optimiser, config.learning_rate, total_steps=updates, pct_start=_WARM_UP
    )
    trained = [parameter for group in groups for parameter in group["params"]]
    every = max(1, updates // _REPORTED)
    losses: list[float] = []
    dropout = Dropout(config.dropout, generator)
    started = time.monotonic()
    every_item = torch.from_numpy(learning.known.astype(np.float32))

    def represented() -> RepresentedItems:
        with torch.no_grad():
            return residuals.added_to(network.of_content(content), every_item)

    queue = UserQueue(learning.ratings, learners, config.batch_users, random)
    lists = HeldOutLists.draw(learning, held_out, seed=seed)
    best = Best({"network": network, "residuals": residuals}, config.patience)
    state = TrainingState(
        optimiser,
        random,
        {"network": network, "residuals": residuals, **best.kept},
        sources={"network": generator},
        schedule=schedule,
    )
    notes = checkpoint.restore(state)
    reports = reports_of(notes)
    if reports:
        queue.restore(notes["queue"])
        best.restore(notes["best"])
    for report in reports:
        on_epoch(report)
    for update in range(len(reports) * every, updates):
        if best.is_over:
            break
        users, shuffled = queue.next()
        mine = ranks.mine(users)
        support, query = draw_episodes(shuffled, users, config, random)
        known = learning.known & (random.random(len(share)) >= config.cold_items * random.random())
        sampled, log_weight = learning.sample(random)
        negatives = learning.negatives(random)
        unknown = random.random(len(users)) < config.unknown_rate
        ranks.begin_update(generator, seed, update)
        named = NamedItems.every()
        if negatives is not None:
            indices = (support.item_index, query.item_index, sampled, negatives[0])
            named = NamedItems.of(indices, len(share))
            support, query = named.ratings(support), named.ratings(query)
            negatives = named.places(negatives[0]), negatives[1]
        shown = residuals.added_to(
            network.of_content(content[named.rows]),
            torch.from_numpy(known.astype(np.float32))[named.rows],
            named.rows,
        )
        vector = local_update(
            network,
            shown,
            _as_known(learning.users, users[mine], unknown[mine]),
            learning.bags(support),
            CatalogueSample(shown.output[named.places(sampled)], torch.from_numpy(log_weight)),
            dropout,
        )
        loss = choice_loss(
            vector,
            shown.output,
            support,
            query,
            learning.worth(query),
            config.list_length,
            negatives,
            ranks,
        )
        optimiser.zero_grad()
        losses.append(ranks.backward(loss, trained))
        optimiser.step()
        schedule.step()
        if (update + 1) % every == 0:
            quality = lists.quality(network, represented()) if lists else None
            if quality is not None:
                best.take(quality)
            reports.append(
                EpochReport(
                    phase=phase,
                    epoch=(update + 1) // every,
                    epochs=updates // every,
                    loss=float(np.mean(losses[-every:])),
                    validation_mae=None,
                    seconds=time.monotonic() - started,
                    list_quality=None if quality is None else float(quality.mean()),
                )
            )
            checkpoint.keep(
                state, notes_of(reports) | {"queue": queue.as_json(), "best": best.as_json()}
            )
            on_epoch(reports[-1])
    best.go_back_if_worse()
    network.requires_grad_(requires_grad=False)
    items = represented()
    train_answers(learning, network, items, learners, seed=seed)
    spread = measure_spread(learning, network, items, learners, seed=seed)
    return TrainedMember(network, items, held_out, *spread)


def draw_episodes(
    shuffled: RatingsByUser, users: Int64Array, config: RelevanceConfig, random: np.random.Generator
) -> tuple[PaddedRatings, PaddedRatings]:
    """Split each user's ratings, in their random order, into a support set and a query set.

    Most support sets hold 0 to 20 ratings, as those of new users do; the others up to four fifths
    of what there is.

    Args:
        shuffled: Ratings in a random order.
        users: Whom to draw, shape [B].
        config: Configuration.
        random: Source of randomness.

    Returns:
        Support sets and query sets; of several ranks, those of the users that this one has.
    """
    mine = shuffled.ranks.mine(users)
    counts = shuffled.counts[users]
    few = np.minimum(random.integers(0, _FEW + 1, len(users)), counts - 2)
    # As often one of the first few as one of the later ones.
    few = np.where(random.random(len(users)) < 1 / 2, np.minimum(few, few % 6), few)
    many = random.integers(0, np.maximum(1, (0.8 * counts).astype(np.int64)))
    sizes = np.where(random.random(len(users)) < config.few_share, few, many)
    sizes = np.clip(sizes, 0, config.support_limit)
    users, sizes, counts = users[mine], sizes[mine], counts[mine]
    support = shuffled.padded(users, np.zeros_like(users), sizes)
    return support, shuffled.padded(users, sizes, counts - sizes)


def _as_known(users: EncodedTable, chosen: Int64Array, unknown: BoolArray) -> EncodedTable:
    """Features of some users, those of the marked ones unknown."""
    return {name: column.rows(chosen).with_unknown(unknown) for name, column in users.items()}
