"""What rows tell: ratings, counts, kinds of events, or only that something happened."""

from __future__ import annotations

from typing import TYPE_CHECKING

from model.data.proposal.columns import Column
from model.data.proposal.names import parts_of, tells

if TYPE_CHECKING:
    from model.data.proposal.proposal import Proposal

_EVENT_WEIGHTS = {
    "view": 1, "click": 1, "impression": 1, "detail": 1, "open": 1, "visit": 1, "play": 1,
    "like": 3, "favorite": 3, "favourite": 3, "fav": 3, "save": 3, "wishlist": 3, "cart": 3,
    "add": 3, "basket": 3, "addtocart": 3, "share": 3, "subscribe": 4,
    "buy": 5, "purchase": 5, "transaction": 5, "order": 5, "checkout": 5, "download": 4,
}  # fmt: skip
_AGAINST = {
    "remove", "dislike", "return", "refund", "cancel", "hide", "skip", "delete", "unlike",
    "unfollow", "unsubscribe", "unsave", "unfavorite", "uninstall", "block", "report", "abandon",
    "reject", "decline", "negative", "down", "not", "never", "ignore",
    "false", "no", "bad",
}  # fmt: skip
_NO = frozenset({"no", "n", "false", "f", "nein", "non"})
_YES_AND_NO = 2
_MOST_EVENTS = 20
_FEW = 0.05
"""Share of weights that may speak against an item, and be refused."""
_NO_RATING = -1


def decide_signal(proposal: Proposal, columns: dict[str, Column]) -> None:
    """Tell ratings from counts, events, and rows that only say that something happened.

    Args:
        proposal: Is told the columns, and the reasons.
        columns: Those that hold neither users nor items.
    """
    say = proposal.reasons.append
    times = [n for n in _by_name(columns, "time") if columns[n].is_time]
    times = times or [name for name, one in columns.items() if one.is_time]
    if times:
        proposal.columns["timestamp"] = times[0]
        say(f"Times in {times[0]!r}.")
    for name in _by_name(columns, "time"):
        is_named = columns[name].numbers is None or tells(name, "time") > 1
        if name not in times and is_named and len(columns[name].known):
            say(
                f"{name!r} is left out: {columns[name].known[0]!r} and others are no times that "
                "can be read. Write them as 2026-01-31 12:00:00."
            )
    rest = {name: one for name, one in columns.items() if name not in times}
    numbers = {name: one for name, one in rest.items() if one.numbers is not None}
    ratings = _by_name(numbers, "rating")
    weights = [name for name in _by_name(numbers, "weight") if name not in ratings]
    if not ratings and not weights:
        ratings = [name for name, one in numbers.items() if one.looks_like_ratings()][:1]
    for name in _by_name(rest, "rating"):
        if name not in numbers and len(rest[name].known):
            say(
                f"{name!r} is called a rating and holds no numbers, but {rest[name].known[0]!r} "
                "and others: write numbers. As it is, rows are interactions, and count alike."
            )
    for name in _by_name(rest, "weight"):
        if name not in numbers and rest[name].signed is not None:
            say(
                f"{name!r} is called a count and holds no numbers, but {rest[name].signed!r} and "
                "others: write them as 1299.5. As it is, rows count alike."
            )
    for name in ratings:
        one = numbers[name]
        if one.distinct < 2:
            say(f"{name!r} is {one.known[0]} in every row, so rows are interactions, not ratings.")
        elif one.looks_like_counts():
            weights.insert(0, name)
            say(f"{name!r} holds counts, most of them small: what an interaction counts.")
        else:
            _take_ratings(proposal, one)
            return
    for name in weights:
        one = numbers[name]
        assert one.numbers is not None  # noqa: S101 - else it is not among them
        if one.distinct < 2:
            continue
        against = float((one.numbers <= 0).mean() or 0.0)  # type: ignore[arg-type]  # a share
        if against <= _FEW:
            proposal.columns["weight"] = name
            say(f"Interactions count by {name!r}.")
            if against:
                say(
                    f"{against:.1%} of {name!r} is not above zero, such as what was returned: "
                    "these rows are refused unless --skip-bad-rows is given."
                )
            break
        say(f"{name!r} has numbers that are not above zero, and is left out.")
    _take_events(proposal, {n: c for n, c in rest.items() if n not in numbers or tells(n, "event")})
    _tell_of_denials(proposal, rest)
    if "weight" not in proposal.columns and "event" not in proposal.columns:
        say("Each row is an interaction.")


def _tell_of_denials(proposal: Proposal, columns: dict[str, Column]) -> None:
    """Tell of columns of yes and no that are not used: rows of both count alike."""
    for name, column in columns.items():
        kinds = column.known.unique(maintain_order=True).to_list()
        against = [kind for kind in kinds if kind.lower() in _NO]
        if name not in proposal.columns.values() and len(kinds) == _YES_AND_NO and against:
            proposal.reasons.append(
                f"{name!r} is {kinds[0]!r} or {kinds[1]!r}, and both count alike. If rows with "
                f"{against[0]!r} are no interactions, name it as `event`, with `events`."
            )


def _by_name(columns: dict[str, Column], what: str) -> list[str]:
    named = [name for name in columns if tells(name, what)]
    return sorted(named, key=lambda name: -tells(name, what))


def _take_ratings(proposal: Proposal, column: Column) -> None:
    numbers = column.numbers
    assert numbers is not None  # noqa: S101 - else it is not asked about
    given = numbers.filter(numbers != _NO_RATING)
    if len(given) < len(numbers) and len(given) and float(given.min()) >= 0:  # type: ignore[arg-type]
        numbers = given
        proposal.reasons.append(
            f"{_NO_RATING} in {column.name!r} is taken for no rating: it is outside the scale, and "
            "its rows are refused unless --skip-bad-rows is given."
        )
    low, high = float(numbers.min()), float(numbers.max())  # type: ignore[arg-type]  # numbers
    proposal.columns["rating"] = column.name
    proposal.scale = (low, high)
    proposal.reasons.append(
        f"Ratings in {column.name!r}, {low:g} to {high:g}, {numbers.n_unique():,} different ones."
    )
    zeros = float((numbers == 0).mean() or 0.0)  # type: ignore[arg-type]  # a share
    if low == 0 and zeros > 0.3 and numbers.n_unique() > 2:
        proposal.reasons.append(
            f"{zeros:.0%} of the ratings are 0: if that means no rating was given, leave these "
            'rows out with missing = ["0"] and --skip-bad-rows, and begin the scale above it.'
        )


def _take_events(proposal: Proposal, columns: dict[str, Column]) -> None:
    for name in _by_name(columns, "event"):
        column = columns[name]
        kinds = column.known.unique(maintain_order=True).to_list()
        if len(kinds) > _MOST_EVENTS:
            proposal.reasons.append(
                f"{name!r} has {len(kinds):,} kinds, too many to guess what each counts: rows "
                "count alike. To tell them apart name it as `event`, with `events`."
            )
        if not 1 < len(kinds) <= _MOST_EVENTS:
            continue
        weights = {}
        for kind in kinds:
            words = [word.removesuffix("s") for word in parts_of(kind)] + parts_of(kind)
            if any(word in _AGAINST for word in words):
                proposal.reasons.append(
                    f"{kind!r} in {name!r} speaks against an item; it is left out of `events`, so "
                    "its rows are refused unless --skip-bad-rows is given."
                )
                continue
            known = [_EVENT_WEIGHTS[word] for word in words if word in _EVENT_WEIGHTS]
            weights[kind] = float(max(known, default=1))
        proposal.columns["event"] = name
        proposal.events = weights
        proposal.reasons.append(
            f"{name!r} tells kinds of interaction; what each counts is a guess."
        )
        return
