"""A user's own copy of the decision layers, for every objective that there is."""

from __future__ import annotations

from dataclasses import dataclass, field

from model.adapted_user import AdaptedUser
from model.arrays import Float32Array
from model.relevance import RelevanceUser


@dataclass(frozen=True)
class AdaptedCopy:
    """A user's own copy of the decision layers, for every objective that there is.

    Attributes:
        rating: For predicted ratings; None where the data have none.
        relevance: For choice; None where the preset has no relevance.
        prior: The same user without feedback, whom lift is measured against; None for the prior
            itself.
        has_diverged: Whether the chances diverged, so that these are θ's own.
        relevance_of_all: Of θ's own copies: relevance of every item of a small catalogue, once
            somebody asked; else empty.
    """

    rating: AdaptedUser | None
    relevance: RelevanceUser | None = None
    prior: AdaptedCopy | None = None
    has_diverged: bool = False
    relevance_of_all: list[Float32Array] = field(default_factory=list, compare=False, repr=False)

    @property
    def local_steps(self) -> int:
        """Steps taken; 0 without a support set, and 1 at least where only choice was told."""
        of_rating = 0 if self.rating is None else self.rating.local_steps
        if of_rating or self.relevance is None:
            return of_rating
        return self.relevance.local_steps

    @property
    def support_size(self) -> int:
        """Ratings that they were taken on."""
        if self.rating is not None:
            return self.rating.support_size
        return self.relevance.support_size if self.relevance else 0

    @property
    def diverged(self) -> bool:
        """Whether these are θ's own weights because the local update diverged."""
        return self.has_diverged or (self.rating is not None and self.rating.diverged)


def adapted_copy(
    rating: AdaptedUser | None, relevance: RelevanceUser | None, prior: AdaptedCopy
) -> AdaptedCopy:
    """Put both objectives together; θ's own, marked, where one of them diverged."""
    if (rating is not None and rating.diverged) or (
        relevance is not None and not relevance.is_finite
    ):
        return AdaptedCopy(prior.rating, prior.relevance, prior, has_diverged=True)
    return AdaptedCopy(rating, relevance, prior)
