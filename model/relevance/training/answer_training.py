"""Learn what "haven't seen it" tells, beside a θ that stays as it is.

Each episode is an onboarding as it would arise. Some of a user's ratings are held out as the query
set; a few of the others are given. Then items are shown, by popularity or by what the user is
likely to choose as adapted so far, with more or less chance in it: those that the user rated are
answered by the rating, those never rated are unknown, and what is held out is not asked. The loss
is that of choice on the query set, and of telling which other items the user knows.

What was unknown is left out of the choice, as what was answered is. In the data it never is a
target, and to learn that would hide for good what somebody only has not heard of yet.

Dimensions: B episodes, P items of a pool, K shown places, A items asked about, n ratings.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from model.arrays import BoolArray, Float32Array, Float64Array, Int64Array
from model.episodes import PaddedRatings, RatingsByUser, UserQueue
from model.features import EncodedTable
from model.ranks import Ranks
from model.relevance.answer_network import NO_DROPOUT, Dropout, rate_logits, read_answers
from model.relevance.choice_loss import choice_loss, draw_sample
from model.relevance.local_update import CatalogueSample, SupportBags, local_update
from model.relevance.network import RelevanceNetwork, RepresentedItems
from model.relevance.training.training_data import RelevanceLearning

POOL = 1_024
_MOST_SHOWN = 40
_ASKED = 60
_TEMPERATURES = (0.0, 0.5, 1.0, 2.0)
_FEWEST_RATINGS = 4
_MOST_TARGETS = 60
_LEARNING_RATE = 2e-3
_SHARE_LEFT_OUT = 0.2
_WARM_UP = 0.1
_GIVEN_SHARE = 0.6
_BY_TASTE_SHARE = 0.5
_NOTHING_SHARE = 0.05
_UNKNOWN, _ANSWERABLE, _TARGET, _GIVEN = range(4)


@dataclass(frozen=True)
class Onboardings:
    """What B users answered, and what it should tell.

    Attributes:
        support: Ratings given and items shown, shape [B, n].
        unseen: Which places of the support set are of items not known, shape [B, n].
        query: What was held out.
        asked: Items that the user is not asked about, shape [B, A].
        known: Which of them the user rated, shape [B, A].
        counted: Which of them are in no answer, shape [B, A].
    """

    support: PaddedRatings
    unseen: BoolArray
    query: PaddedRatings
    asked: Int64Array
    known: BoolArray
    counted: BoolArray


def train_answers(
    learning: RelevanceLearning,
    network: RelevanceNetwork,
    items: RepresentedItems,
    learners: Int64Array,
    *,
    seed: int,
) -> None:
    """Train `network.answers`; all other weights stay as they are.

    Args:
        learning: What is learnt from.
        network: θ of ratings; its part that reads answers is written to.
        items: All items as the network knows them.
        learners: Users to learn from.
        seed: Every random draw follows from it.
    """
    config, ranks = learning.config, learning.ranks
    learners = learners[learning.ratings.counts[learners] >= _FEWEST_RATINGS]
    updates = config.answer_updates(len(learners))
    if not updates or not len(learners):
        return
    random = np.random.default_rng([seed, 10])
    source = torch.Generator().manual_seed(seed)
    dropout = Dropout(_SHARE_LEFT_OUT, source)
    rate_logit = torch.from_numpy(
        rate_logits(learning.raters.astype(np.float32), learning.users_who_rated)
    )
    network.answers.requires_grad_()
    optimiser = torch.optim.Adam(network.answers.parameters(), lr=_LEARNING_RATE, fused=True)
    schedule = torch.optim.lr_scheduler.OneCycleLR(
        optimiser, _LEARNING_RATE, total_steps=updates, pct_start=_WARM_UP
    )
    queue = UserQueue(learning.ratings, learners, config.batch_users, random)
    trained = list(network.answers.parameters())
    for update in range(updates):
        users, shuffled = queue.next()
        users = users[ranks.mine(users)]
        ranks.begin_update(source, seed, update)
        known_of = {name: column.rows(users) for name, column in learning.users.items()}
        sampled, log_weight = learning.sample(random)
        sample = CatalogueSample(items.output[sampled], torch.from_numpy(log_weight))
        with torch.no_grad():
            drawn = draw_onboardings(
                learning,
                network,
                items,
                users,
                known_of,
                shuffled,
                sample,
                ranks.own_random(random, seed, 10, update),
            )
        bags = learning.bags(drawn.support, drawn.unseen)
        vector = local_update(network, items, known_of, bags, sample, NO_DROPOUT, dropout)
        loss = choice_loss(
            vector,
            items.output,
            drawn.support,
            drawn.query,
            learning.worth(drawn.query),
            config.list_length,
            learning.negatives(random),
            ranks,
        )
        loss = loss + _familiarity_loss(network, items, drawn, bags, rate_logit, dropout, ranks)
        optimiser.zero_grad()
        ranks.backward(loss, trained)
        optimiser.step()
        schedule.step()
    network.answers.requires_grad_(requires_grad=False)


def draw_onboardings(
    learning: RelevanceLearning,
    network: RelevanceNetwork,
    items: RepresentedItems,
    users: Int64Array,
    features: EncodedTable,
    shuffled: RatingsByUser,
    sample: CatalogueSample,
    random: np.random.Generator,
) -> Onboardings:
    """Draw an onboarding for each user.

    Args:
        learning: What is learnt from.
        network: θ.
        items: All items as the network knows them.
        users: Whom to draw, shape [B].
        features: Their encoded features.
        shuffled: Ratings in a random order.
        sample: Stands for the catalogue.
        random: Source of randomness.

    Returns:
        The onboardings.
    """
    count = len(users)
    pool, _ = draw_sample(learning.share, POOL, random)
    rated = shuffled.counts[users]
    targets = (rated * random.uniform(0.2, 0.6, count)).astype(np.int64).clip(1, _MOST_TARGETS)
    given = np.where(random.random(count) < _GIVEN_SHARE, random.integers(0, 6, count), 0)
    given = np.minimum(given, rated - targets)
    query = shuffled.padded(users, np.zeros_like(users), targets)
    first = shuffled.padded(users, targets, given)
    later = shuffled.padded(users, targets + given, rated - targets - given)
    status = np.full((count, len(pool)), _UNKNOWN)
    stars = np.zeros((count, len(pool)), dtype=np.float32)
    column = np.full(len(learning.share), -1)
    column[pool] = np.arange(len(pool))
    for part, what in ((query, _TARGET), (later, _ANSWERABLE), (first, _GIVEN)):
        who, place = np.nonzero(part.mask.numpy())
        at = column[part.item_index[who, place]]
        inside = at >= 0
        status[who[inside], at[inside]] = what
        stars[who[inside], at[inside]] = part.rating.numpy()[who[inside], place[inside]]
    vector = local_update(network, items, features, learning.bags(first), sample)
    likely = torch.log_softmax(vector @ items.output[torch.from_numpy(pool)].T, dim=1).numpy()
    popular = np.log(learning.share[pool]).astype(np.float32)
    order = np.where(random.random((count, 1)) < _BY_TASTE_SHARE, likely, popular)
    order[status == _GIVEN] = -np.inf
    shown = _drawn_by(order, random.choice(_TEMPERATURES, count), _MOST_SHOWN, random)
    shown_status = np.take_along_axis(status, shown, 1)
    # As often a few as many.
    sizes = np.floor(np.exp(random.random(count) * np.log(_MOST_SHOWN + 1)))
    sizes[random.random(count) < _NOTHING_SHARE] = 0
    in_time = np.arange(shown.shape[1]) < sizes[:, None]
    answered = in_time & (shown_status == _ANSWERABLE)
    unknown = in_time & (shown_status == _UNKNOWN)
    asked = _drawn_by(order, random.choice(_TEMPERATURES[1:], count), _ASKED, random)
    spent = np.zeros_like(status, dtype=np.bool_)
    np.put_along_axis(spent, shown, answered | unknown, 1)
    spent |= status == _GIVEN
    return Onboardings(
        PaddedRatings(
            np.concatenate([first.item_index, pool[shown]], axis=1),
            torch.cat([first.rating, torch.from_numpy(np.take_along_axis(stars, shown, 1))], dim=1),
            torch.cat(
                [first.mask, torch.from_numpy((answered | unknown).astype(np.float32))], dim=1
            ),
        ),
        np.concatenate([np.zeros(first.item_index.shape, dtype=np.bool_), unknown], axis=1),
        query,
        pool[asked],
        np.take_along_axis(status, asked, 1) != _UNKNOWN,
        ~np.take_along_axis(spent, asked, 1),
    )


def _drawn_by(
    order: Float32Array,
    temperature: Float64Array,
    most: int,
    random: np.random.Generator,
) -> Int64Array:
    """Draw columns without replacement by exp(order / temperature); in the order drawn."""
    noisy = order + temperature[:, None] * random.gumbel(size=order.shape)
    most = min(most, order.shape[1])
    first = np.argpartition(-noisy, most - 1, axis=1)[:, :most]
    within = np.argsort(-np.take_along_axis(noisy, first, 1), axis=1, kind="stable")
    return np.take_along_axis(first, within, 1)


def _familiarity_loss(
    network: RelevanceNetwork,
    items: RepresentedItems,
    drawn: Onboardings,
    bags: SupportBags,
    rate_logit: Tensor,
    dropout: Dropout,
    ranks: Ranks,
) -> Tensor:
    """Mean log loss of whether the user knows each item that is in no answer; this rank's part."""
    asked = torch.from_numpy(drawn.asked)
    read = read_answers(bags.sums(items.entry), bags.counts.unsqueeze(2))
    logits = network.answers.familiarity(read, items.output[asked], rate_logit[asked], dropout)
    counted = torch.from_numpy(drawn.counted.astype(np.float32))
    each = functional.binary_cross_entropy_with_logits(
        logits, torch.from_numpy(drawn.known.astype(np.float32)), weight=counted, reduction="sum"
    )
    return each / ranks.total_of(counted.sum()).clamp(min=1)
