"""`melu promote`: judge a candidate beside the served bundle, and let it take its place."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from model.bundle.folders import check_writable
from model.bundle.manifest import MANIFEST_FILE, read_manifest
from model.bundle.training_report import read_training_report
from model.data import Dataset
from model.data.hold_out import HoldOut
from model.errors import BundleError, ModelError
from model.evaluation.comparison import (
    Judgement,
    draw_judged_users,
    estimate,
    judge,
    mean_over_sizes,
)
from model.evaluation.results import Estimate
from model.recommender import Recommender
from scripts.files import check_files, write_json
from scripts.loading import load_reported
from scripts.loop.swap import finish_swap, promote_bundle
from scripts.terminal import output


@dataclass(frozen=True)
class Bounds:
    """How much worse a candidate may be.

    Attributes:
        list_loss: nDCG@20, mean over users and numbers of answers.
        rating_loss: Mean absolute error of predicted ratings, on the rating scale.
    """

    list_loss: float = 0.005
    rating_loss: float = 0.02


@dataclass(frozen=True)
class Verdict:
    """Candidate and current bundle on the same users.

    Attributes:
        candidate: Version.
        current: Version.
        users: How many users judged.
        held_out: Share of all users who are held out of both trainings.
        of_candidate: What the candidate is worth.
        of_current: What the current bundle is worth.
        bounds: How much worse the candidate may be.
    """

    candidate: str
    current: str
    users: int
    held_out: float
    of_candidate: Judgement
    of_current: Judgement
    bounds: Bounds

    @property
    def lists(self) -> Estimate:
        """nDCG@20 of the candidate less that of the current bundle."""
        return estimate(
            mean_over_sizes(self.of_candidate.ndcg) - mean_over_sizes(self.of_current.ndcg)
        )

    @property
    def ratings(self) -> Estimate | None:
        """MAE of the candidate less that of the current bundle; None without ratings."""
        if not (self.of_candidate.mae and self.of_current.mae):
            return None
        return estimate(
            mean_over_sizes(self.of_candidate.mae) - mean_over_sizes(self.of_current.mae)
        )

    @property
    def faults(self) -> list[str]:
        """Why the candidate is refused; empty if it is not."""
        faults = []
        if not self.lists.mean >= -self.bounds.list_loss:
            faults.append(
                f"its lists are worse: nDCG@20 {_signed(self.lists)}, and at most "
                f"{self.bounds.list_loss:g} less is allowed (--list-loss)"
            )
        ratings = self.ratings
        if ratings is not None and not ratings.mean <= self.bounds.rating_loss:
            faults.append(
                f"its predicted ratings are worse: MAE {_signed(ratings)}, and at most "
                f"{self.bounds.rating_loss:g} more is allowed (--rating-loss)"
            )
        return faults

    def as_json(self) -> dict[str, Any]:
        """Lay it out for programs."""
        return {
            "candidate": self.candidate,
            "current": self.current,
            "users": self.users,
            "held_out": self.held_out,
            "ndcg": _by_size(self.of_candidate.ndcg, self.of_current.ndcg),
            "mae": _by_size(self.of_candidate.mae, self.of_current.mae),
            "ndcg_difference": vars(self.lists),
            "mae_difference": None if self.ratings is None else vars(self.ratings),
            "bounds": vars(self.bounds),
            "faults": self.faults,
            "passed": not self.faults,
        }


def judge_candidate(
    candidate: Path, current: Path, dataset: Dataset, *, bounds: Bounds, seed: int = 0
) -> Verdict:
    """Measure a candidate and the current bundle on users whom neither was trained on.

    Args:
        candidate: A bundle.
        current: The bundle that is served.
        dataset: All data, those of held-out users among them.
        bounds: How much worse the candidate may be.
        seed: Draws which answers are given.

    Returns:
        The verdict.

    Raises:
        ModelError: If a bundle can't be used, if either was trained on everybody, or if there are
            too few users to judge by.
    """
    for folder in (candidate, current):
        _check_data(folder, dataset)
    share = min(_held_out(candidate), _held_out(current))
    users = draw_judged_users(dataset, HoldOut(share), seed=seed)
    of_candidate, of_current = (
        judge(Recommender.load(folder), dataset, users) for folder in (candidate, current)
    )
    return Verdict(
        candidate=read_manifest(candidate).version,
        current=read_manifest(current).version,
        users=len(users.trials),
        held_out=share,
        of_candidate=of_candidate,
        of_current=of_current,
        bounds=bounds,
    )


def _check_data(folder: Path, dataset: Dataset) -> None:
    trained_on = read_manifest(folder).dataset
    if trained_on != dataset.description.name:
        raise BundleError(
            f"{folder} was trained on {trained_on!r}, and the data are "
            f"{dataset.description.name!r}. Name the data that both were trained on."
        )


def _held_out(folder: Path) -> float:
    share = read_training_report(folder).held_out
    if not share:
        raise BundleError(
            f"{folder} was trained on all users, so nobody is left to judge it by. Train it again "
            "with `melu train FOLDER --hold-out 0.1`."
        )
    return share


def promote_if_no_worse(
    candidate: Path,
    current: Path,
    data: Path,
    *,
    bounds: Bounds,
    keep: int,
    skip_bad_rows: bool,
    json_file: Path | None,
) -> bool:
    """Judge a candidate, and let it take the place of the current bundle if it is no worse.

    Args:
        candidate: A bundle.
        current: The bundle that is served.
        data: A prepared data set with held-out users.
        bounds: How much worse the candidate may be.
        keep: How many bundles of before are kept.
        skip_bad_rows: Leave bad rows of the data out.
        json_file: Where the report is written.

    Returns:
        Whether it was promoted.

    Raises:
        ModelError: If it can't be judged or put in place.
    """
    check_files(json_file)
    check_promotable(candidate, current)
    dataset = load_reported(data, skip_bad_rows=skip_bad_rows)
    verdict = judge_candidate(candidate, current, dataset, bounds=bounds)
    output.print(verdict_text(verdict))
    if json_file is not None:
        write_json(json_file, verdict.as_json())
    if verdict.faults:
        output.print(f"refused: {'; '.join(verdict.faults)}.")
        return False
    kept = promote_bundle(candidate, current, keep=keep, instead_of=verdict.current)
    where = "" if kept is None else f", which is kept in {kept}"
    output.print(f"promoted {verdict.candidate} in the place of {verdict.current}{where}.")
    return True


def check_promotable(candidate: Path, current: Path) -> None:
    """Find out whether a bundle may take the place of another at all.

    Args:
        candidate: A bundle.
        current: Where it should go.

    Raises:
        ModelError: If there is something else than a bundle, or one of other data.
    """
    found = read_manifest(candidate)
    if candidate.resolve() == current.resolve():
        raise ModelError(f"{candidate} is the current bundle already; name another candidate.")
    check_place(current)
    if not current.exists():
        return
    served = read_manifest(current)
    if served.rating_scale != found.rating_scale:
        raise BundleError(
            f"the rating scale of {candidate} is {found.rating_scale}, and that of the stored "
            f"feedback {served.rating_scale}: a running service would refuse it."
        )


def check_place(current: Path) -> None:
    """Find out whether a bundle may be put in a place, and finish what was killed in it.

    Args:
        current: Where there should be a bundle, or nothing.

    Raises:
        BundleError: If there is something else.
    """
    if current.exists() and not (current / MANIFEST_FILE).is_file():
        raise BundleError(
            f"{current} exists and is no bundle; name the served bundle, or what is not there yet."
        )
    check_writable(current.resolve())
    finish_swap(current)


def verdict_text(verdict: Verdict) -> str:
    """Tell a verdict in lines.

    Args:
        verdict: The verdict.

    Returns:
        The text.
    """
    lines = [
        f"{verdict.users:,} held-out users, {verdict.candidate} less {verdict.current}, paired "
        "± standard error",
        f"  nDCG@20: {_signed(verdict.lists)}",
    ]
    lines += _rows(verdict.of_candidate.ndcg, verdict.of_current.ndcg)
    if verdict.ratings is not None:
        lines.append(f"  MAE of ratings: {_signed(verdict.ratings)} (less is better)")
        lines += _rows(verdict.of_candidate.mae, verdict.of_current.mae)
    return "\n".join(lines)


def _rows(candidate: dict[int, Any], current: dict[int, Any]) -> list[str]:
    return [
        f"    {size:>3} answers: {candidate[size].mean():.4f}, before {current[size].mean():.4f}, "
        f"difference {_signed(estimate(candidate[size] - current[size]))}"
        for size in candidate
        if size in current
    ]


def _by_size(candidate: dict[int, Any], current: dict[int, Any]) -> dict[str, Any]:
    return {
        str(size): {
            "candidate": vars(estimate(candidate[size])),
            "current": vars(estimate(current[size])),
            "difference": vars(estimate(candidate[size] - current[size])),
        }
        for size in candidate
        if size in current
    }


def _signed(found: Estimate) -> str:
    return f"{found.mean:+.4f} ± {found.standard_error:.4f}"
