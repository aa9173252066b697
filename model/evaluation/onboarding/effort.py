"""How long it takes a user to answer.

A film recommender on the web once asked its new users for fifteen ratings, which took over five
minutes (GroupLens, "Onboarding New Users in Recommender Systems", 2015): 20 s a rating, with all
that was passed by unknown on the way. A choice among groups took less than half of that time
(Chang, Harper and Terveen, "Using Groups of Items for Preference Elicitation in Recommender
Systems", CSCW 2015): 150 s at most. For a pick, a pair and an item that users name
themselves no measurement was found: each counts as a rating, until somebody measures it.
"""

from __future__ import annotations

from dataclasses import dataclass, fields, replace

from model.answers import Answer, Comparison, Kind, SupportSet
from model.errors import DatasetError

_PAIR = 2


@dataclass(frozen=True)
class Seconds:
    """Seconds that an answer takes; see the module.

    Attributes:
        rating: To rate an item that was shown, with those passed by.
        unseen: To say of an item that it is not known, beside that.
        pick: To pick an item of many.
        pair: To tell which of two.
        named: To name an item and rate it.
        groups: To give points to groups.
    """

    rating: float = 20.0
    unseen: float = 0.0
    pick: float = 20.0
    pair: float = 20.0
    named: float = 20.0
    groups: float = 150.0

    def of(self, given: SupportSet) -> float:
        """Return how long all of somebody's answers took.

        Args:
            given: The answers; a plain pair of item and rating was named by the user.

        Returns:
            Seconds.
        """
        total = 0.0
        for one in given:
            if isinstance(one, Comparison):
                total += self.pair if len(one.alternatives) == _PAIR else self.groups
            elif not isinstance(one, Answer):
                total += self.named
            elif one.rating is not None:
                total += self.rating
            else:
                total += self.unseen if one.kind is Kind.UNSEEN else self.pick
        return total

    def told(self, settings: list[str]) -> Seconds:
        """Return other times.

        Args:
            settings: As `pick=5`, each.

        Returns:
            These, but for what was told.

        Raises:
            DatasetError: If one is no name and number.
        """
        names = [one.name for one in fields(self)]
        found = {}
        for one in settings:
            name, _, value = one.partition("=")
            try:
                found[name] = float(value)
            except ValueError:
                found[name] = -1.0
            if name not in names or not 0 <= found[name] < float("inf"):
                raise DatasetError(
                    f"--seconds {one}: write NAME=SECONDS, with a NAME of {', '.join(names)}, as "
                    "in pick=5."
                )
        return replace(self, **found)
