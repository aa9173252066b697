"""`melu interviews`: what different people are asked."""

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
from rich.table import Table

from model.answers import Answer, Kind
from model.catalogue.filter_text import name_and_value
from model.errors import ModelError
from model.onboarding import Onboarding
from model.recommender import Recommender
from scripts.terminal import tables_output

QUESTIONS = 5
UNSEEN = 3
NEXT = 24
_WIDTH = 140


def show_interviews(model: Path, kinds: Sequence[str]) -> None:
    """Print the questions of people who answer oppositely, and of some who know nothing of a kind.

    Args:
        model: The bundle.
        kinds: `name:value` of an item attribute each.

    Raises:
        ModelError: If the bundle can't be used, or there are too few items of a kind.
    """
    recommender = Recommender.load(model)
    onboarding = _onboarding_of(recommender)
    low, high = recommender.scale
    output = tables_output(_WIDTH)
    table = Table(title=f"the first {QUESTIONS} questions, each by all answers before")
    people: dict[str, Callable[[int], Answer]] = {
        "loves all": lambda item: Answer(item, high, Kind.LIKED, asked=True),
        "likes nothing": lambda item: Answer(item, low, Kind.DISLIKED, asked=True),
        "has seen nothing": lambda item: Answer(item, None, Kind.UNSEEN, asked=True),
    }
    table.add_column("")
    for name in people:
        table.add_column(name)
    asked = [titles_of(recommender, interview(onboarding, answer)) for answer in people.values()]
    for place, row in enumerate(zip(*asked, strict=True), 1):
        table.add_row(str(place), *row)
    output.print(table)
    table = Table(title=f"how many of the next {NEXT} questions are of a kind")
    for head in ("kind", f"after loving {UNSEEN} of it", "after nothing", "after not knowing them"):
        table.add_column(head)
    for kind in kinds:
        table.add_row(kind, *(str(one) for one in questions_of_kind(recommender, kind)))
    output.print(table)


def interview(onboarding: Onboarding, answer: Callable[[int], Answer]) -> list[int]:
    """Ask one question after the other.

    Args:
        onboarding: Chooses them.
        answer: Answers about an item.

    Returns:
        The items that were asked about.
    """
    given: list[Answer] = []
    for _ in range(QUESTIONS):
        found = onboarding.questions({}, given, 1).items.tolist()
        given += [answer(item) for item in found]
    return [one.item for one in given]


def questions_of_kind(recommender: Recommender, kind: str) -> tuple[int, int, int]:
    """Count questions about a kind, by what was answered to three well-known items of it.

    Args:
        recommender: The model.
        kind: `name:value` of an item attribute.

    Returns:
        How many of the next 24 are of the kind, for one who loved the three, for one who said
        nothing, and for one who did not know them; the three are left out for all.

    Raises:
        ModelError: If there are fewer than three such items.
    """
    name, _, value = name_and_value(kind, recommender.catalogue.attribute_names)
    members = recommender.catalogue.matching({name: [value]})
    if members is None or len(members) < UNSEEN:
        raise ModelError(f"there are not {UNSEEN} items of {kind}.")
    onboarding = _onboarding_of(recommender)
    popularity = np.asarray(recommender.catalogue.evidence.popularity)[members]
    three = np.sort(members[np.argsort(-popularity, kind="stable")[:UNSEEN]])
    loved = [Answer(item, recommender.scale[1], Kind.LIKED) for item in three.tolist()]
    unknown = [Answer(item, None, Kind.UNSEEN, asked=True) for item in three.tolist()]
    of_kind = [
        int(np.isin(onboarding.questions({}, given, NEXT, without=three).items, members).sum())
        for given in (loved, [], unknown)
    ]
    return of_kind[0], of_kind[1], of_kind[2]


def titles_of(recommender: Recommender, items: Sequence[int]) -> list[str]:
    """Return the titles of items."""
    return [one.title for one in recommender.catalogue.records(items)]


def _onboarding_of(recommender: Recommender) -> Onboarding:
    if recommender.onboarding is None:
        preset = recommender.manifest.preset.name
        raise ModelError(f"a model of the preset {preset} does not choose questions by answers.")
    return recommender.onboarding
