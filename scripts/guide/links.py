"""Where the links of a page lead, as GitHub follows them, and as the guide does."""

import re
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from scripts.guide.contents import address, join
from scripts.guide.errors import GuideError

_OUTSIDE = re.compile(r"[a-z]+:")
_LINK = re.compile(r"(?<=\]\()[^()\s]+(?=\))")


def slug(heading: str) -> str:
    """Make the anchor of a heading, in GitHub's way.

    Args:
        heading: Its text without markup.

    Returns:
        Small letters, digits and hyphens.
    """
    return re.sub(r"[^\w\- ]", "", heading.strip().lower()).replace(" ", "-")


@dataclass
class Links:
    """Follows links between pages, and remembers what else they need.

    Attributes:
        root: The repository.
        anchors: The anchors of each page.
        files: Pictures and other files that pages showed or linked so far.
    """

    root: Path
    anchors: dict[PurePosixPath, set[str]]
    files: set[PurePosixPath] = field(default_factory=set)

    def follow(self, source: PurePosixPath, target: str, ending: str = ".html") -> str:
        """Translate a link of a page.

        Args:
            source: The page that has it.
            target: Where it leads in the repository.
            ending: `.html` to lead to pages, `.md` to their texts.

        Returns:
            Where it leads in the guide, from the page's own place there.

        Raises:
            GuideError: If there is no such page, anchor or file.
        """
        if _OUTSIDE.match(target):
            return target
        path, _, anchor = target.partition("#")
        leads_to = join(source.parent, path) if path else source
        if leads_to in self.anchors:
            if anchor and anchor not in self.anchors[leads_to]:
                raise GuideError(f"{source}: {leads_to} has no heading #{anchor}.")
            place = address(leads_to, ending)
        elif leads_to.parts[0] == "docs" and (self.root / leads_to).is_file():
            self.files.add(leads_to)
            place = leads_to.relative_to("docs")
        else:
            raise GuideError(f"{source}: {target} is no page or file of the guide.")
        if not path:
            return f"#{anchor}"
        return relative(address(source), place) + (f"#{anchor}" if anchor else "")

    def follow_text(self, source: PurePosixPath, text: str) -> str:
        """Translate every link of a page's Markdown to the texts of other pages.

        Args:
            source: The page.
            text: Its Markdown.

        Returns:
            The same with links that hold below the guide; code stays as it is.
        """
        parts = re.split(r"(^```.*?^```$)", text, flags=re.DOTALL | re.MULTILINE)
        for at in range(0, len(parts), 2):
            parts[at] = _LINK.sub(lambda link: self.follow(source, link[0], ".md"), parts[at])
        return "".join(parts)


def relative(place: PurePosixPath, target: PurePosixPath) -> str:
    """Tell the way from one place of the guide to another.

    Args:
        place: Where the link stands.
        target: Where it leads.

    Returns:
        A relative URL.
    """
    return "../" * (len(place.parts) - 1) + str(target)
