"""Who is answered by what: the current model, or a candidate that is compared with it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from app.services.arms.alignment import items_told
from app.services.arms.dealing import Dealing
from app.services.arms.experiment import PRIOR, Experiment
from app.services.model_state.live_model import LiveModel
from app.services.recommendations.ranker import Ranker
from model.recommender import Recommender


@dataclass(frozen=True)
class Arm:
    """One way to answer.

    Attributes:
        name: `current` or `candidate`; empty while nothing is compared.
        live: The model and its catalogue.
        ranker: Ranks with it.
    """

    name: Literal["current", "candidate", ""]
    live: LiveModel
    ranker: Ranker


@dataclass(frozen=True)
class Choice:
    """What answers a request.

    Attributes:
        arm: The arm.
        group: What the user's lists are counted under; None where they are not counted.
    """

    arm: Arm
    group: int | None = None


class Arms:
    """Chooses what answers.

    What the current model can't follow is refused to everybody, so that no answer depends on luck.
    What the candidate alone can't follow is answered by the current model for everybody, and
    counted for neither.

    Args:
        current: Answers most.
        candidate: Answers some; None while nothing is compared.
        dealing: Says whom.
    """

    def __init__(self, current: Arm, candidate: Arm | None, dealing: Dealing) -> None:
        self.current = current
        self.candidate = candidate
        self._dealing = dealing
        self._uncounted = Choice(current)

    def choose(self, user_id: str, can_follow: Callable[[Recommender], bool]) -> Choice:
        """Choose what answers a user.

        Args:
            user_id: The user, who may be unknown.
            can_follow: Whether a model can do what is asked for.

        Returns:
            The arm, and where its list is counted.
        """
        candidate = self.candidate
        if candidate is None:
            return self._uncounted
        models = (arm.live.current.recommender for arm in (self.current, candidate))
        if not all(map(can_follow, models)):
            return self._uncounted
        dealt = self._dealing.of(user_id)
        return Choice(candidate if dealt.is_candidates else self.current, dealt.group)

    def asking(self, user_id: str) -> LiveModel:
        """Return the model whose groups a user is asked about, and answers by."""
        return self.choose(user_id, lambda model: model.onboarding is not None).arm.live

    def warnings(self) -> list[str]:
        """Tell what of the candidate an operator should know, a sentence each."""
        if self.candidate is None:
            return []
        told = items_told(
            self.candidate.live.bundled, self.current.live.current.recommender.catalogue
        )
        return [] if told is None else [told]

    @property
    def experiment(self) -> Experiment | None:
        """What is compared now; None while nothing is."""
        if self.candidate is None:
            return None
        current = self.current.live.current.recommender.manifest.version
        live = self.candidate.live
        is_prior = live is self.current.live
        version = PRIOR if is_prior else live.current.recommender.manifest.version
        return Experiment(current, version, self._dealing.share, self._dealing.salt)
