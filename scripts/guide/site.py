"""Write the whole site into a folder."""

import json
import shutil
from html import escape
from pathlib import Path, PurePosixPath
from string import Template

from model.bundle.folders import replacing_folder
from scripts.guide.contents import INDEX, Entry, Section, address, read_contents, sources
from scripts.guide.links import Links, relative
from scripts.guide.rendering import Document, parse, render

_THEME = Path(__file__).parent / "theme"
_ASSETS = ("guide.css", "guide.js", "icon.svg")


def build(root: Path, out: Path) -> int:
    """Build the guide; what was in its folder is replaced once all is well.

    Args:
        root: The repository, with `docs/`.
        out: Folder of the site.

    Returns:
        How many pages it has.

    Raises:
        GuideError: If a link, anchor, picture or page is missing.
    """
    contents = read_contents(root)
    documents = [
        parse(source, (root / source).read_text(encoding="utf-8")) for source in sources(root)
    ]
    links = Links(root, {document.source: document.anchors for document in documents})
    template = Template((_THEME / "page.html").read_text(encoding="utf-8"))
    with replacing_folder(out) as site:
        for document in documents:
            text = links.follow_text(document.source, document.text)
            _write(site / address(document.source, ".md"), text)
            page = _framed(template, document, render(document, links), contents)
            _write(site / address(document.source), page)
        for file in links.files:
            copy = site / file.relative_to("docs")
            copy.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(root / file, copy)
        for name in _ASSETS:
            shutil.copyfile(_THEME / name, site / name)
        _write(site / "search.json", json.dumps(_search_entries(documents), ensure_ascii=False))
        _write(site / "llms.txt", _for_language_models(documents, contents))
    return len(documents)


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


def _framed(
    template: Template, document: Document, html: str, contents: tuple[Section, ...]
) -> str:
    here = address(document.source)
    up = "../" * (len(here.parts) - 1)
    is_home = document.source == INDEX
    title = document.title if is_home else f"{document.title} · MeLU Online"
    return template.substitute(
        title=escape(title),
        root=up,
        home_class="home" if is_home else "page",
        navigation=_navigation(document, contents),
        content=html,
        on_this_page="" if is_home else _on_this_page(document),
        neighbours=_neighbours(document, contents),
        markdown=relative(here, address(document.source, ".md")),
    )


def _navigation(document: Document, contents: tuple[Section, ...]) -> str:
    here = address(document.source)
    lines = []
    for section in contents:
        lines.append(f"<h2>{escape(section.title)}</h2><ul>")
        for entry in section.entries:
            current = ' aria-current="page"' if entry.source == document.source else ""
            lines.append(f"<li>{_link(here, entry, current)}</li>")
        lines.append("</ul>")
    return "\n".join(lines)


def _on_this_page(document: Document) -> str:
    found = [heading for heading in document.headings if heading.level in (2, 3)]
    if len(found) <= 1:
        return ""
    items = "".join(
        f'<li class="level-{one.level}"><a href="#{one.anchor}">{escape(one.title)}</a></li>'
        for one in found
    )
    return f'<nav class="toc" aria-label="On this page"><h2>On this page</h2><ul>{items}</ul></nav>'


def _neighbours(document: Document, contents: tuple[Section, ...]) -> str:
    order = [entry for section in contents for entry in section.entries]
    at = next((i for i, one in enumerate(order) if one.source == document.source), None)
    here = address(document.source)
    if at is None:
        return ""
    before = _link(here, order[at - 1], ' rel="prev"') if at > 0 else "<span></span>"
    after = _link(here, order[at + 1], ' rel="next"') if at + 1 < len(order) else ""
    return before + after


def _link(here: PurePosixPath, entry: Entry, attributes: str = "") -> str:
    href = relative(here, address(entry.source))
    return f'<a href="{href}"{attributes}>{escape(entry.title)}</a>'


def _search_entries(documents: list[Document]) -> list[list[str]]:
    """Return address, title of the page, heading and text of every heading of every page."""
    return [
        [f"{address(one.source)}#{heading.anchor}", one.title, heading.title, heading.text]
        for one in documents
        for heading in one.headings
    ]


def _for_language_models(documents: list[Document], contents: tuple[Section, ...]) -> str:
    """Write llms.txt: what this is, and every page as Markdown (llmstxt.org)."""
    home = next(one for one in documents if one.source == INDEX)
    lines = [f"# {home.title}", "", f"> {_first_paragraph(home)}", ""]
    lines += ["The API in machine's words: [openapi.json](openapi.json)", ""]
    for section in contents:
        lines += [f"## {section.title}", ""]
        lines += [
            f"- [{entry.title}](guide/{address(entry.source, '.md')}): {entry.about}"
            for entry in section.entries
        ]
        lines.append("")
    return "\n".join(lines)


def _first_paragraph(document: Document) -> str:
    paragraph = document.text.split("\n\n")[1]
    return " ".join(paragraph.split())
