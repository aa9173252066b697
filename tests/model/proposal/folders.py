"""What `melu init` proposes of files, and says of them: nothing is left out in silence."""

import random
from collections.abc import Sequence
from pathlib import Path

from model.data import Dataset, load_dataset
from model.data.proposal import Proposal, as_toml, propose

USERS, ITEMS, EACH = 30, 20, 8

SOURCE = random.Random(0)

ROWS = [
    (f"u{user}", f"i{item}", SOURCE.randint(1, 5), 1_600_000_000 + SOURCE.randrange(10**8))
    for user in range(USERS)
    for item in SOURCE.sample(range(ITEMS), EACH)
]

HEADER = ("user", "item", "rating", "at")

PAIRS = [row[:2] for row in ROWS]


def write(
    path: Path,
    header: Sequence[str],
    rows: Sequence[Sequence[object]],
    separator: str = ",",
    encoding: str = "utf-8",
) -> None:
    lines = [separator.join(map(str, row)) for row in (header, *rows)]
    path.write_bytes(("\n".join(lines) + "\n").encode(encoding))


def proposed(folder: Path) -> Proposal:
    return propose(folder, lambda _question, _answers, likeliest: likeliest)


def read(folder: Path, proposal: Proposal) -> Dataset:
    (folder / "dataset.toml").write_text(as_toml(proposal), encoding="utf-8")
    return load_dataset(folder, skip_bad_rows=True)


def reasons(proposal: Proposal) -> str:
    return "\n".join(proposal.reasons)


NUMBERS = [(int(user[1:]), int(item[1:]), rating, at) for user, item, rating, at in ROWS]
