"""Let a candidate answer for the catalogue of the current model."""

from __future__ import annotations

from collections.abc import Mapping

from app.services.model_state.live_model import usable_change
from app.store import StoredItem
from model.bundle.bundle import Bundle
from model.catalogue.live import LiveCatalogue
from model.errors import BundleError
from model.features.kind import FeatureKind
from model.recommender import Recommender


def check_candidate(candidate: Bundle, current: Bundle) -> None:
    """Refuse a candidate that can't answer in the place of the current model.

    Args:
        candidate: The candidate's bundle.
        current: The current one.

    Raises:
        BundleError: If feedback, ratings or filters would mean something else to it.
    """
    new, old = candidate.manifest, current.manifest
    if new.dataset != old.dataset:
        raise BundleError(
            f"the candidate was trained on {new.dataset!r}, and the current model on "
            f"{old.dataset!r}. Train the candidate on data of that name, or take MELU_CANDIDATE "
            "away"
        )
    if new.rating_scale != old.rating_scale:
        raise BundleError(
            f"the candidate's rating scale is {new.rating_scale}, that of the current model "
            f"{old.rating_scale}. Train the candidate on the same scale, or take MELU_CANDIDATE "
            "away"
        )
    lacking = _lacking(candidate.catalogue.kinds, current.catalogue.kinds)
    if lacking:
        raise BundleError(
            f"the candidate's items lack attributes that the current model's have, or have numbers "
            f"for words: {', '.join(lacking)}; requests may filter by these. Train the candidate "
            "with the same item columns, or take MELU_CANDIDATE away"
        )


def _lacking(new: Mapping[str, FeatureKind], old: Mapping[str, FeatureKind]) -> list[str]:
    return [
        name
        for name, kind in old.items()
        if name not in new or new[name].is_quantity is not kind.is_quantity
    ]


def aligned(candidate: Recommender, current: Recommender) -> Recommender:
    """Return the candidate over the items of the current model's bundle.

    An item that the candidate's training did not see is scored by what its content predicts, as an
    item put while the service runs; one that the current model does not have is left out.

    Args:
        candidate: As it was loaded.
        current: As it was loaded.

    Returns:
        A candidate with the same items.
    """
    ours, theirs = current.catalogue.bundled, candidate.catalogue.bundled
    missing = [index for item_id, index in ours.index_of.items() if item_id not in theirs.index_of]
    changes = [
        StoredItem(record.item_id, record.title, dict(record.attributes))
        for record in ours.records(missing)
    ]
    changes += [StoredItem(one) for one in theirs.index_of if one not in ours.index_of]
    if not changes:
        return candidate
    return candidate.with_changes([usable_change(one, candidate.catalogue) for one in changes])


def items_told(candidate: Recommender, current: LiveCatalogue) -> str | None:
    """Tell how many items a candidate's training did not see.

    Args:
        candidate: What `aligned` returned.
        current: The items of the current model.

    Returns:
        A sentence; None where it saw them all.
    """
    put = candidate.catalogue.put_rows
    if not put:
        return None
    return (
        f"The candidate's training did not see {put:,} of the {len(current):,} items; it scores "
        "these by their attributes alone, and the comparison counts that against it."
    )
