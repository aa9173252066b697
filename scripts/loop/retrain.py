"""`melu retrain`: export, merge, train, judge and promote, for cron."""

from __future__ import annotations

import shutil
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from model.bundle.folders import remove_leftovers
from model.bundle.manifest import MANIFEST_FILE, read_manifest
from model.bundle.saving import BUNDLE_FOLDER
from model.bundle.training_report import read_training_report
from model.data.description import read_description
from model.errors import BundleError, ModelError
from scripts.files import check_files, write_json
from scripts.loading import load_reported
from scripts.loop.export import EXPORT_FOLDER, export_feedback
from scripts.loop.merge import MERGED_FOLDER, action_meanings, merge_feedback
from scripts.loop.promote import (
    Bounds,
    check_place,
    check_promotable,
    judge_candidate,
    verdict_text,
)
from scripts.loop.swap import promote_bundle
from scripts.terminal import console, machine, output
from scripts.termination import terminating_in_order
from scripts.train import chosen_preset, train_bundle

try:
    import fcntl
except ImportError:  # a platform without such locks
    fcntl = None  # type: ignore[assignment]

_REPORT = "report.json"
_OF_USERS = ("export", "data")
_CANDIDATE = "candidate"
_LOCK = "lock"
_DEFAULT_SHARE = 0.1
_OWNER_ONLY = 0o700


@dataclass(frozen=True)
class RetrainPlan:
    """What a run of the loop does.

    Attributes:
        folder: The original data.
        model: The served bundle.
        work: Where export, merged data, candidate and report are written.
        store_folder: Of an embedded store.
        store: URL of another one; None for the embedded one.
        erasure_log: The service's record of erasures, if it keeps one.
        preset: Of a first bundle, or None for that of the served one.
        options: Configuration field → value.
        from_served: Begin with the served bundle's weights instead of random ones.
        held_out: Share of all users who are held out; None for that of the served bundle, or 0.1.
        bounds: How much worse a candidate may be.
        keep: How many bundles of before are kept.
        seed: Every random draw follows from it.
        skip_bad_rows: Leave bad rows of the original data out.
        keep_data: Leave export and merged data where they are.
        json_file: Where the report is written too.
    """

    folder: Path
    model: Path
    work: Path
    store_folder: Path
    store: str | None = None
    erasure_log: Path | None = None
    preset: str | None = None
    options: Mapping[str, Any] = field(default_factory=dict)
    from_served: bool = False
    held_out: float | None = None
    bounds: Bounds = field(default_factory=Bounds)
    keep: int = 5
    seed: int = 0
    skip_bad_rows: bool = False
    keep_data: bool = False
    json_file: Path | None = None


def retrain(plan: RetrainPlan) -> bool:
    """Run the loop once, and report.

    What users told is, when it ends, nowhere but in the store, unless the plan keeps it: of a run
    that was killed outright the next one takes it away.

    Args:
        plan: What to do.

    Returns:
        Whether the candidate was promoted; else it was refused and stays in the work folder.

    Raises:
        ModelError: If a step can't be done; what is served stays as it was.
    """
    check_files(plan.json_file)
    check_place(plan.model)
    _check_work(plan)
    try:
        plan.work.mkdir(parents=True, exist_ok=True)
        plan.work.chmod(_OWNER_ONLY)
    except OSError as error:
        raise ModelError(
            f"{plan.work} can't be written: {error.strerror}. Name another folder by --work."
        ) from error
    report: dict[str, Any] = {"begun_at": datetime.now(UTC).isoformat(), "machine": machine()}
    seconds: dict[str, float] = {}
    with terminating_in_order(), _alone(plan.work):
        # A run that was killed may have left what users told.
        for name in (*_OF_USERS, _CANDIDATE):
            remove_leftovers(plan.work / name)
        try:
            _run(plan, report, seconds)
        except ModelError as error:
            report |= {"outcome": "failed", "error": str(error)}
            raise
        finally:
            if not plan.keep_data:
                for name in _OF_USERS:
                    shutil.rmtree(plan.work / name, ignore_errors=True)
            # Neither refused nor failed: somebody ended it.
            report.setdefault("outcome", "stopped")
            report |= {"seconds": seconds, "ended_at": datetime.now(UTC).isoformat()}
            write_json(plan.work / _REPORT, report)
            if plan.json_file is not None:
                write_json(plan.json_file, report)
    return bool(report["outcome"] != "refused")


def _check_work(plan: RetrainPlan) -> None:
    """Refuse a folder in which a run would replace or take away what is not its own."""
    work = plan.work
    if not work.is_dir():
        return
    is_used = any(work.iterdir()) and not (work / _LOCK).is_file()
    parts = {(work / name).resolve() for name in (*_OF_USERS, _CANDIDATE)}
    if is_used or {plan.folder.resolve(), plan.model.resolve()} & parts:
        raise ModelError(
            f"{work} holds what is no part of a run, which would be replaced. Name a folder by "
            "--work that is new or empty."
        )
    EXPORT_FOLDER.check(work / _OF_USERS[0])
    MERGED_FOLDER.check(work / _OF_USERS[1])
    BUNDLE_FOLDER.check(work / _CANDIDATE)


def _run(plan: RetrainPlan, report: dict[str, Any], seconds: dict[str, float]) -> None:
    export, data, candidate = (plan.work / name for name in (*_OF_USERS, _CANDIDATE))
    # What users told is not written out for data that are not there to be merged with.
    read_description(plan.folder)
    is_first = not (plan.model / MANIFEST_FILE).is_file()
    held_out = _held_out(plan, is_first)
    preset = chosen_preset(plan.preset, of_bundle=None if is_first else plan.model, **plan.options)
    with _timed(seconds, "export"):
        exported = export_feedback(plan.store_folder, plan.store, export)
    report["export"] = exported.model_dump(mode="json")
    output.print(
        f"exported {exported.feedback:,} pieces of feedback of {exported.users:,} users, "
        f"{exported.onboarding:,} of them answers to questions, and {exported.items:,} items."
    )
    with _timed(seconds, "merge"):
        merged = merge_feedback(
            plan.folder,
            export,
            data,
            actions=action_meanings(),
            erasure_log=plan.erasure_log,
            skip_bad_rows=plan.skip_bad_rows,
        )
        dataset = load_reported(data, skip_bad_rows=plan.skip_bad_rows)
    report["merge"] = vars(merged)
    output.print(merged.text())
    with _timed(seconds, "train"):
        manifest = train_bundle(
            dataset,
            candidate,
            preset,
            seed=plan.seed,
            keeps_checkpoints=False,
            held_out=held_out,
            begin=plan.model if plan.from_served and not is_first else None,
        )
    trained = read_training_report(candidate)
    report["train"] = {
        "version": manifest.version,
        "users": trained.users,
        "ratings": trained.ratings,
        "started_from": trained.started_from,
        "held_out": held_out,
    }
    check_promotable(candidate, plan.model)
    if is_first:
        promote_bundle(candidate, plan.model, keep=plan.keep, instead_of="")
        report["outcome"] = "first"
        output.print(f"{manifest.version} is the first bundle in {plan.model}.")
        return
    with _timed(seconds, "judge"):
        verdict = judge_candidate(candidate, plan.model, dataset, bounds=plan.bounds)
    report["verdict"] = verdict.as_json()
    output.print(verdict_text(verdict))
    if verdict.faults:
        report["outcome"] = "refused"
        output.print(f"refused, and kept in {candidate}: {'; '.join(verdict.faults)}.")
        return
    kept = promote_bundle(candidate, plan.model, keep=plan.keep, instead_of=verdict.current)
    report["outcome"] = "promoted"
    report["former"] = None if kept is None else str(kept)
    output.print(f"promoted {verdict.candidate} in the place of {verdict.current}.")


def _held_out(plan: RetrainPlan, is_first: bool) -> float:
    """Return the share to hold out, before an hour goes into what can't be judged."""
    if is_first:
        return _DEFAULT_SHARE if plan.held_out is None else plan.held_out
    before = read_training_report(plan.model).held_out
    if not before:
        raise BundleError(
            f"{plan.model} ({read_manifest(plan.model).version}) was trained on all users, so "
            "nobody is left to judge it by. Begin the loop with one that was not: "
            f"`melu train {plan.folder} --out {plan.model} --hold-out {_DEFAULT_SHARE}`."
        )
    if plan.held_out is None:
        return before
    if plan.held_out > before and plan.from_served:
        raise BundleError(
            f"{plan.model} was trained with a share of {before:g} of the users held out, and what "
            f"begins with it can't hold out {plan.held_out:g}. Take --hold-out {before:g}, or "
            "leave out --from-served."
        )
    return plan.held_out


@contextmanager
def _alone(work: Path) -> Iterator[None]:
    """Let no two runs share a work folder, as when one takes longer than the time between two."""
    with (work / _LOCK).open("w") as lock:
        if fcntl is not None:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError as error:
                raise ModelError(
                    f"another run works in {work}. Wait for it, or name another folder by --work."
                ) from error
        yield


@contextmanager
def _timed(seconds: dict[str, float], step: str) -> Iterator[None]:
    started = time.monotonic()
    console.print(f"{step} …")
    try:
        yield
    finally:
        seconds[step] = round(time.monotonic() - started, 3)
