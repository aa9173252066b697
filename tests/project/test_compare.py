"""Intervals of known answers, and what `melu compare` makes of counts."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from scipy.stats import binomtest

from app.services.arms.dealing import GROUPS
from app.services.arms.experiment import CANDIDATE, CURRENT, Experiment
from app.store.served_lists import Counted
from model.arrays import Int64Array
from model.errors import ModelError
from scripts.compare import compare_arms
from scripts.comparing.comparison import Verdict, compare
from scripts.comparing.counts import Compared, by_candidate
from scripts.comparing.intervals import Rate, lists_to_tell, rate, rate_difference, ratios, wilson

ONE = Experiment("films-1", "films-2", 0.5, "melu")


def spread(total: int, groups: int = GROUPS) -> Int64Array:
    """Deal a count to groups as evenly as it goes."""
    counts = np.zeros(GROUPS, dtype=np.int64)
    counts[:groups] = total // groups
    counts[: total % groups] += 1
    return counts


@pytest.mark.parametrize(("accepted", "lists"), [(0, 20), (7, 50), (56, 70), (640, 6400), (9, 9)])
def test_the_interval_of_independent_lists_is_wilsons(accepted: int, lists: int):
    expected = binomtest(accepted, lists).proportion_ci(method="wilson")

    assert wilson(accepted / lists, lists) == pytest.approx((expected.low, expected.high))


def test_the_difference_is_that_of_newcombes_example():
    one, other = rate(spread(56), spread(70)), rate(spread(48), spread(80))
    assert (one.design_effect, other.design_effect) == (1, 1)

    found = rate_difference(one, other)

    # Newcombe 1998, table II, contrast (a), method 10.
    assert (found.value, found.low, found.high) == pytest.approx((0.2, 0.0524, 0.3339), abs=5e-5)


def test_lists_of_a_group_that_are_all_alike_count_as_one():
    lists = np.full(GROUPS, 25, dtype=np.int64)
    accepted = np.where(np.arange(GROUPS) % 2, 25, 0)

    found = rate(accepted, lists)

    # As if there were one list a group, with the sample variance's n − 1.
    assert found.design_effect == pytest.approx(25 * GROUPS / (GROUPS - 1))
    assert (found.low, found.high) == pytest.approx(wilson(0.5, GROUPS - 1))


def test_independent_lists_in_random_groups_have_an_effect_of_about_one():
    random = np.random.default_rng(0)
    lists = random.poisson(40, GROUPS)

    found = [rate(random.binomial(lists, 0.3), lists).design_effect for _ in range(200)]

    assert np.mean(found) == pytest.approx(1.08, abs=0.05)  # never below one


def coverage(simulate: Callable[[np.random.Generator], tuple[Int64Array, Int64Array]]) -> float:
    """Return how often the interval holds the truth, 0.3, where users are alike in themselves."""
    random = np.random.default_rng(1)
    held = 0
    for _ in range(400):
        found = rate(*simulate(random))
        assert found.low is not None
        assert found.high is not None
        held += found.low <= 0.3 <= found.high
    return held / 400


def test_the_interval_covers_the_truth_where_users_differ():
    def simulate(random: np.random.Generator) -> tuple[Int64Array, Int64Array]:
        users = 300
        group, lists = random.integers(0, GROUPS, users), random.poisson(8, users) + 1
        accepted = random.binomial(lists, random.beta(0.6, 1.4, users))
        return (
            np.bincount(group, accepted, GROUPS).astype(np.int64),
            np.bincount(group, lists, GROUPS).astype(np.int64),
        )

    assert 0.92 <= coverage(simulate) <= 0.98


def test_a_mean_and_its_difference_are_those_of_the_groups():
    random = np.random.default_rng(2)
    lists = np.full(GROUPS, 50, dtype=np.int64)
    answers, others = random.poisson(100, GROUPS), random.poisson(150, GROUPS)

    one, other, less = ratios((others, lists), (answers, lists), 0)

    assert one.value == others.sum() / lists.sum()
    assert less.value == pytest.approx(1.0, abs=0.1)
    for estimate, values, other_values in (
        (one, others / 50, np.zeros(GROUPS)),
        (other, answers / 50, np.zeros(GROUPS)),
        (less, others / 50, answers / 50),
    ):
        error = np.sqrt((values.var() + other_values.var()) / GROUPS)
        assert estimate.low is not None
        assert estimate.high is not None
        assert estimate.high - estimate.low == pytest.approx(2 * 1.96 * error, rel=0.05)


def test_as_many_lists_tell_a_difference_as_the_formula_of_two_shares_says():
    one, other = Rate(0.25, 0.2, 0.3, 100, 1.0), Rate(0.2, 0.15, 0.25, 100, 1.0)

    # (1.96 + 0.8416)² (0.25 · 0.75 + 0.2 · 0.8) / 0.05²
    assert lists_to_tell(one, other) == 1091
    assert lists_to_tell(one, one) is None


def compared(accepted: int, lists: int, others: int, other_lists: int) -> Compared:
    found = Compared(ONE.candidate, [ONE], ["2026-01-02"])
    for arm, yes, all_of_them in ((CANDIDATE, accepted, lists), (CURRENT, others, other_lists)):
        found.arms[arm][Counted.ACCEPTED] = spread(yes)
        found.arms[arm][Counted.LISTS] = spread(all_of_them)
    return found


@pytest.mark.parametrize(
    ("counts", "verdict"),
    [
        ((0, 0, 0, 0), Verdict.TOO_LITTLE),
        ((50, 99, 200, 900), Verdict.TOO_LITTLE),
        ((9, 1000, 200, 1000), Verdict.TOO_LITTLE),
        ((300, 1000, 290, 1000), Verdict.UNDECIDED),
        ((400, 1000, 290, 1000), Verdict.CANDIDATE),
        ((290, 1000, 400, 1000), Verdict.CURRENT),
    ],
)
def test_what_is_said(counts: tuple[int, int, int, int], verdict: Verdict):
    found = compare(compared(*counts))

    assert found.verdict is verdict
    assert (found.lists_to_tell is None) == (verdict is Verdict.TOO_LITTLE)
    assert found.rows["mean_rating"].difference.value is None


def test_counts_of_a_candidate_are_added_up_and_kept_from_those_of_another():
    prior = Experiment("films-1", "prior", 0.5, "melu")
    later = Experiment("films-3", "films-2", 0.5, "melu")
    first = {one.digest: one.json for one in (ONE, prior)}
    found = by_candidate(
        [
            (
                "2026-01-01",
                first
                | {f"{ONE.digest}:current:3:lists": "2", f"{prior.digest}:current:3:lists": "40"},
            ),
            ("2026-01-02", {later.digest: later.json, f"{later.digest}:current:3:lists": "5"}),
        ]
    )

    assert list(found) == ["prior", "films-2"]
    assert found["films-2"].experiments == [ONE, later]
    assert found["films-2"].days == ["2026-01-01", "2026-01-02"]
    assert found["films-2"].arms[CURRENT][Counted.LISTS][3] == 7
    assert found["prior"].arms[CURRENT][Counted.LISTS].sum() == 40


def test_a_file_in_a_folder_that_there_is_not_is_told_first(tmp_path: Path):
    file = tmp_path / "none" / "numbers.json"

    with pytest.raises(ModelError, match="does not exist; make it first"):
        compare_arms(tmp_path, None, days=7, candidate=None, json_file=file)
