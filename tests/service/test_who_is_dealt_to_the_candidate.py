"""A hash deals users: evenly, for good, and with nothing kept."""

import numpy as np
import pytest
from scipy.stats import binomtest, chi2_contingency, chisquare

from app.services.arms.dealing import GROUPS, Dealing

USERS = [f"user {number}" for number in range(20_000)]


@pytest.mark.parametrize("share", [0.1, 0.5, 0.93])
def test_the_share_is_kept(share: float):
    dealing = Dealing(share, "salt")
    candidates = sum(dealing.of(user).is_candidates for user in USERS)

    assert binomtest(candidates, len(USERS), share).pvalue > 1e-3


def test_groups_are_even_and_say_nothing_of_the_arm():
    dealing = Dealing(0.5, "salt")
    table = np.zeros((2, GROUPS), dtype=np.int64)
    for user in USERS:
        found = dealing.of(user)
        table[int(found.is_candidates), found.group] += 1

    assert chisquare(table.sum(axis=0)).pvalue > 1e-3
    assert chi2_contingency(table).pvalue > 1e-3


def test_nobody_is_a_candidates_of_none_and_everybody_of_all():
    assert not any(Dealing(0.0, "salt").of(user).is_candidates for user in USERS[:1000])
    assert sum(Dealing(1.0, "salt").of(user).is_candidates for user in USERS[:1000]) == 1000


def test_a_larger_share_takes_nobody_away():
    small, large = Dealing(0.2, "salt"), Dealing(0.4, "salt")
    before = {user for user in USERS if small.of(user).is_candidates}
    after = {user for user in USERS if large.of(user).is_candidates}

    assert before < after
    assert {small.of(user).group for user in USERS[:50]} == {
        large.of(user).group for user in USERS[:50]
    }


def test_another_salt_deals_anew():
    one, other = Dealing(0.5, "one"), Dealing(0.5, "other")
    alike = sum(one.of(user).is_candidates == other.of(user).is_candidates for user in USERS)

    assert binomtest(alike, len(USERS), 0.5).pvalue > 1e-3


def test_the_hash_is_the_same_everywhere_and_in_every_release():
    dealing = Dealing(0.5, "melu")
    found = [vars(dealing.of(user)) for user in ("ada", "bob", "é")]

    assert found == [
        {"is_candidates": True, "group": 28},
        {"is_candidates": True, "group": 25},
        {"is_candidates": False, "group": 18},
    ]
