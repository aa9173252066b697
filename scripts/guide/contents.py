"""Which pages the guide has, in the order of the tables of `docs/README.md`."""

import re
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from scripts.guide.errors import GuideError

INDEX = PurePosixPath("docs/README.md")
# Pages that stand at the top of the repository, where GitHub looks for them.
_ELSEWHERE = ("CHANGELOG.md", "CONTRIBUTING.md", "SECURITY.md")
_ROW = re.compile(r"^\| \[(?P<title>.+?)\]\((?P<target>\S+?)\) \| (?P<about>.+?) \|$")


@dataclass(frozen=True)
class Entry:
    """A page as the contents list it."""

    title: str
    about: str
    source: PurePosixPath


@dataclass(frozen=True)
class Section:
    """Pages under one heading."""

    title: str
    entries: tuple[Entry, ...]


def read_contents(root: Path) -> tuple[Section, ...]:
    """Read the contents from the tables of the index.

    Args:
        root: The repository.

    Returns:
        The sections that list pages.

    Raises:
        GuideError: If a listed page does not exist.
    """
    found: dict[str, list[Entry]] = {}
    heading = ""
    for line in (root / INDEX).read_text(encoding="utf-8").splitlines():
        if line.startswith("## "):
            heading = line.removeprefix("## ")
        elif row := _ROW.match(line):
            source = join(INDEX.parent, row["target"])
            if not (root / source).is_file():
                raise GuideError(f"{INDEX} lists {row['target']}, which does not exist.")
            found.setdefault(heading, []).append(Entry(row["title"], row["about"], source))
    return tuple(Section(title, tuple(entries)) for title, entries in found.items())


def sources(root: Path) -> tuple[PurePosixPath, ...]:
    """Find every page of the repository that is part of the guide.

    Args:
        root: The repository.

    Returns:
        Paths below the repository.
    """
    pages = [
        PurePosixPath(path.relative_to(root).as_posix()) for path in (root / "docs").rglob("*.md")
    ]
    return (*sorted(pages), *(PurePosixPath(name) for name in _ELSEWHERE))


def address(source: PurePosixPath, ending: str = ".html") -> PurePosixPath:
    """Name the place of a page in the guide.

    Args:
        source: Its path below the repository.
        ending: `.html`, or `.md` for the text that it was made of.

    Returns:
        Its path below the guide.
    """
    if source.parts[0] != "docs":
        return PurePosixPath(source.stem.lower() + ending)
    below = source.relative_to("docs")
    return below.with_name(("index" if below.stem == "README" else below.stem) + ending)


def join(folder: PurePosixPath, target: str) -> PurePosixPath:
    """Follow a relative path from a folder.

    Args:
        folder: Where it starts.
        target: The path, which may go up.

    Returns:
        The path without `..`.
    """
    parts = list(folder.parts)
    for part in PurePosixPath(target).parts:
        if part == ".." and parts:
            parts.pop()
        else:
            parts.append(part)
    return PurePosixPath(*parts)
