"""The built site holds together: every link, anchor, picture and script is there."""

from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest

from scripts.guide.__main__ import ROOT
from scripts.guide.errors import GuideError
from scripts.guide.site import build

# Where the guide leads back into the service.
OF_THE_SERVICE = {"", "docs"}


class Anatomy(HTMLParser):
    """What a page names, and what of it can be named."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.links: list[str] = []
        self.anchors: list[str] = []
        self.inline: list[str] = []
        self.unlabelled: list[str] = []
        self._script = False
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = dict(attrs)
        self.links += [found[name] or "" for name in ("href", "src") if name in found]
        self.anchors += [found["id"] or ""] if "id" in found else []
        if tag == "style" or "style" in found or any(name.startswith("on") for name in found):
            self.inline.append(tag)
        if tag == "script" and "src" not in found:
            self.inline.append(tag)
        if tag == "img" and "alt" not in found:
            self.unlabelled.append(found.get("src") or tag)


def pages(guide: Path) -> dict[Path, Anatomy]:
    return {path: Anatomy(path.read_text()) for path in sorted(guide.rglob("*.html"))}


def test_every_page_of_the_documentation_is_there_as_html_and_as_markdown(guide: Path):
    texts = {path.relative_to(ROOT / "docs") for path in (ROOT / "docs").rglob("*.md")}
    built = {path.relative_to(guide).with_suffix("") for path in guide.rglob("*.html")}

    assert len(texts) > 20
    for text in texts:
        name = text.with_name("index" if text.stem == "README" else text.stem)
        assert name in built, text
        assert (guide / f"{name}.md").is_file(), text
    assert {Path("changelog"), Path("contributing"), Path("security")} <= built


def test_no_internal_link_leads_nowhere(guide: Path):
    anatomies = pages(guide)
    followed = 0
    broken = []
    for page, anatomy in anatomies.items():
        for link in anatomy.links:
            url = urlsplit(link)
            if url.scheme:
                continue
            followed += 1
            target = (page.parent / unquote(url.path)).resolve() if url.path else page
            if guide not in (target, *target.parents):
                if str(target.relative_to(guide.parent)).removeprefix(".") not in OF_THE_SERVICE:
                    broken.append((page.name, link))
            elif not target.is_file() or (
                url.fragment and url.fragment not in anatomies[target].anchors
            ):
                broken.append((page.name, link))

    assert followed > 500
    assert broken == []


def test_no_page_needs_what_the_content_policy_refuses(guide: Path):
    found = pages(guide)
    assert found
    assert {page.name: one.inline for page, one in found.items() if one.inline} == {}


def test_every_picture_says_what_it_shows_and_every_anchor_is_one(guide: Path):
    found = pages(guide)
    assert found
    assert {page.name: one.unlabelled for page, one in found.items() if one.unlabelled} == {}
    doubled = {
        page.name: one.anchors
        for page, one in found.items()
        if len(one.anchors) != len(set(one.anchors))
    }
    assert doubled == {}


def test_what_language_models_are_pointed_at_is_there(guide: Path):
    text = (guide / "llms.txt").read_text()
    named = [
        line.partition("](")[2].partition(")")[0] for line in text.splitlines() if "](" in line
    ]

    assert text.startswith("# MeLU Online\n\n> ")
    assert "guide/api.md" in named
    for name in named:
        assert name == "openapi.json" or (guide.parent / name).is_file(), name


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("[a](nowhere.md)", "nowhere.md"),
        ("[a](other.md#no-such)", "no heading #no-such"),
        ("[a](#no-such)", "no heading #no-such"),
        ("![a](nowhere.png)", "nowhere.png"),
        ("[a](../setup.cfg)", "../setup.cfg"),
    ],
)
def test_what_is_broken_ends_the_build_and_leaves_the_former_site(
    tmp_path: Path, text: str, told: str
):
    (tmp_path / "docs").mkdir()
    for name in ("CHANGELOG.md", "CONTRIBUTING.md", "SECURITY.md", "docs/other.md"):
        (tmp_path / name).write_text("# A heading\n")
    (tmp_path / "setup.cfg").write_text("[a]\n")
    index = tmp_path / "docs" / "README.md"
    index.write_text("# A site\n\nWhat it is.\n\n## All\n\n| [Other](other.md) | One. |\n")
    build(tmp_path, tmp_path / "out")
    before = (tmp_path / "out" / "index.html").read_text()

    index.write_text(f"{index.read_text()}\n{text}\n")

    with pytest.raises(GuideError, match=told):
        build(tmp_path, tmp_path / "out")
    assert (tmp_path / "out" / "index.html").read_text() == before
    assert [one.name for one in tmp_path.glob(".guide-*")] == []
