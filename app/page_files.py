"""The demo page's files: its modules and styles put together, so that a browser asks for few.

Nothing has to be built by whoever runs the service: the modules are read as they are written when
it starts. What they may say is what this file understands, and a test holds them to it.
"""

from __future__ import annotations

import hashlib
import html
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

STATIC_FOLDER = Path(__file__).parent / "static"
ENTRY = "app.js"
ASIDE = frozenset({"melu.js"})
"""Modules that stay files of their own, for other pages load them too."""
_STYLES = "styles"
_PREVIEW = "static/preview.jpg"
"""What is shown of a link to the page; `scripts.guide.screenshot` takes it."""
_SETTINGS_PLACE = "<!-- settings -->"
_IMPORT = re.compile(
    r'^import (?:\{(?P<names>[^}]*)\}|\* as (?P<space>\w+)) from "\./(?P<file>[\w.-]+)";\n', re.M
)
_EXPORT = re.compile(r"^export (?=(?:async )?(?:function|class|const) (\w+))", re.M)
_COMMENT = re.compile(
    r"^ *(?://.*|/\*\*(?:.|\n)*?\*/)\n", re.M
)  # those that have lines of their own
_OTHER = re.compile(r"^(?:import|export)\b.*", re.M)


@dataclass(frozen=True)
class PageFile:
    """A text to serve.

    Attributes:
        content: The text, encoded.
        media_type: What it is.
    """

    content: bytes
    media_type: str

    @cached_property
    def etag(self) -> str:
        """Names the content."""
        return f'"{hashlib.sha256(self.content).hexdigest()[:32]}"'

    @property
    def parts(self) -> tuple[bytes, str, str]:
        """Content, tag and media type."""
        return self.content, self.etag, self.media_type


@dataclass(frozen=True)
class PageFiles:
    """What the page loads, but for pictures."""

    page: PageFile
    script: PageFile
    style: PageFile


def read_page(
    *,
    has_demo_tokens: bool,
    image_origins: Sequence[str] = (),
    public_url: str | None = None,
) -> PageFiles:
    """Put the page's files together.

    Args:
        has_demo_tokens: Whether the page has to ask for a token of its own.
        image_origins: Where pictures of items may come from.
        public_url: Where people reach the service. Without it the address of the picture that
            shows what a link leads to is relative, which not every reader of links follows.

    Returns:
        The files.
    """
    base = "" if public_url is None else f"{public_url}/"
    settings = {
        "melu-demo-tokens": "yes" if has_demo_tokens else "",
        "melu-image-origins": " ".join(image_origins),
    }
    said = "\n  ".join(
        f'<meta name="{name}" content="{html.escape(value)}">'
        for name, value in settings.items()
        if value
    )
    preview = {"og:image": base + _PREVIEW, "og:url": base}
    said += "".join(
        f'\n  <meta property="{name}" content="{html.escape(value)}">'
        for name, value in preview.items()
        if value
    )
    page = (STATIC_FOLDER / "index.html").read_text(encoding="utf-8")
    styles = sorted((STATIC_FOLDER / _STYLES).glob("*.css"))
    return PageFiles(
        PageFile(page.replace(_SETTINGS_PLACE, said).encode(), "text/html"),
        PageFile(joined_modules(STATIC_FOLDER, ENTRY).encode(), "text/javascript"),
        PageFile("\n".join(one.read_text(encoding="utf-8") for one in styles).encode(), "text/css"),
    )


def joined_modules(folder: Path, entry: str) -> str:
    """Join JavaScript modules into one.

    Each becomes a function that is called once and returns what the module exports, so that names
    of one module stay out of the others.

    Args:
        folder: Where the modules are.
        entry: The one that imports the others.

    Returns:
        A module that imports none of them, but those that stay files of their own.

    Raises:
        ValueError: If modules import each other in a circle, or import or export in a way that is
            not understood.
    """
    done: dict[str, str] = {}
    aside: dict[str, None] = {}

    def add(name: str, path: tuple[str, ...]) -> None:
        if name in done:
            return
        if name in path:
            raise ValueError(f"{' → '.join((*path, name))} is a circle")
        source = _COMMENT.sub("", (folder / name).read_text(encoding="utf-8"))

        def bound(found: re.Match[str]) -> str:
            file = found["file"]
            if file in ASIDE:
                aside[f'import * as {_variable(file)} from "./{file}";\n'] = None
            else:
                add(file, (*path, name))
            names = found["space"] or f"{{{found['names'].replace(' as ', ': ')}}}"
            return f"const {names} = {_variable(file)};\n"

        exported = _EXPORT.findall(source)
        body = _EXPORT.sub("", _IMPORT.sub(bound, source))
        if other := _OTHER.search(body):
            raise ValueError(f"{name}: {other[0]!r} is not understood")
        given = f"return {{ {', '.join(exported)} }};\n" if exported else ""
        done[name] = f"const {_variable(name)} = (() => {{\n{body}{given}}})();\n"

    add(entry, ())
    return "".join(aside) + "".join(done.values())


def _variable(file: str) -> str:
    return "$" + re.sub(r"\W", "_", file.removesuffix(".js"))
