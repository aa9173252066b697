"""What a list may be ordered by."""

from enum import StrEnum


class Order(StrEnum):
    """What a list may be ordered by."""

    RELEVANCE = "relevance"
    """How likely the user chooses the item of all and likes it."""
    RATING = "rating"
    """The predicted rating."""
    LIFT = "lift"
    """How far the user's answers moved the item above what everybody gets."""
