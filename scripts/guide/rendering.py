"""Markdown to HTML without anything that the service's content policy would refuse."""

from dataclasses import dataclass
from html import escape
from pathlib import PurePosixPath

from markdown_it import MarkdownIt
from markdown_it.token import Token
from pygments import highlight
from pygments.formatters import HtmlFormatter
from pygments.lexers import get_lexer_by_name
from pygments.util import ClassNotFound

from scripts.guide.errors import GuideError
from scripts.guide.links import Links, slug

_FORMATTER = HtmlFormatter(nowrap=True)


@dataclass(frozen=True)
class Heading:
    """A heading with its anchor, and the text below it until the next one."""

    level: int
    title: str
    anchor: str
    text: str


@dataclass(frozen=True)
class Document:
    """A page before its links are followed."""

    source: PurePosixPath
    text: str
    tokens: list[Token]
    headings: tuple[Heading, ...]

    @property
    def title(self) -> str:
        """The page's first heading."""
        return self.headings[0].title

    @property
    def anchors(self) -> set[str]:
        """What links may name behind `#`."""
        return {heading.anchor for heading in self.headings}


def parse(source: PurePosixPath, text: str) -> Document:
    """Read a page.

    Args:
        source: Its path below the repository.
        text: Its Markdown.

    Returns:
        The page with its headings, each with an anchor.

    Raises:
        GuideError: If it does not begin with a heading.
    """
    tokens = _markdown().parse(text)
    if not tokens or (tokens[0].type, tokens[0].tag) != ("heading_open", "h1"):
        raise GuideError(f"{source} does not begin with a heading of the first level.")
    found: list[tuple[int, str, str, list[str]]] = []
    used: dict[str, int] = {}
    for at, token in enumerate(tokens):
        if token.type == "heading_open":
            title = _plain(tokens[at + 1])
            anchor = slug(title)
            used[anchor] = used.get(anchor, -1) + 1
            if used[anchor]:
                anchor = f"{anchor}-{used[anchor]}"
            token.attrSet("id", anchor)
            found.append((int(token.tag[1]), title, anchor, []))
        elif token.type == "inline" and tokens[at - 1].type != "heading_open":
            found[-1][3].append(_plain(token))
        elif token.type == "fence":
            found[-1][3].append(token.content)
    headings = tuple(Heading(level, t, a, " ".join(texts)) for level, t, a, texts in found)
    return Document(source, text, tokens, headings)


def render(document: Document, links: Links) -> str:
    """Write a page's HTML.

    Args:
        document: The page.
        links: Follows its links, and refuses broken ones.

    Returns:
        HTML without its frame.
    """
    for token in document.tokens:
        for child in token.children or ():
            for name in ("href", "src"):
                target = child.attrGet(name)
                if target is not None:
                    child.attrSet(name, links.follow(document.source, str(target)))
    markdown = _markdown()
    html = str(markdown.renderer.render(document.tokens, markdown.options, {}))
    # A wide table or listing scrolls by itself, and can be reached by the keyboard.
    html = html.replace("<table>", '<div class="wide" tabindex="0"><table>')
    html = html.replace("</table>", "</table></div>").replace("<pre>", '<pre tabindex="0">')
    return html.replace("<img ", '<img loading="lazy" ')


def _markdown() -> MarkdownIt:
    return MarkdownIt("commonmark", {"html": False, "highlight": _highlight}).enable("table")


def _highlight(code: str, language: str, _attributes: str) -> str:
    try:
        lexer = get_lexer_by_name(language)
    except ClassNotFound:
        return escape(code)
    return str(highlight(code, lexer, _FORMATTER))


def _plain(inline: Token) -> str:
    """Return a text without its markup."""
    kept = ("text", "code_inline")
    return "".join(
        " " if child.type in ("softbreak", "hardbreak") else child.content
        for child in inline.children or ()
        if child.type in (*kept, "softbreak", "hardbreak")
    )
