"""Users of either arm, for tests of services that compare a candidate."""

from itertools import count

from app.services.arms.dealing import Dealing

SHARE = 0.5
SALT = "a salt"
COMPARING = {"MELU_CANDIDATE_SHARE": str(SHARE), "MELU_CANDIDATE_SALT": SALT}


def dealt(user: str, arm: str) -> str:
    """Return an id, made of another, that the hash deals to an arm."""
    dealing = Dealing(SHARE, SALT)
    names = (f"{number} {user}"[:128] for number in count())
    return next(n for n in names if dealing.of(n).is_candidates == (arm == "candidate"))
