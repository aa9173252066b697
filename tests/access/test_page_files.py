"""The page's script is its modules put together when the service starts."""

import re
from pathlib import Path

import pytest

from app.middleware.security_headers import page_headers
from app.page_files import STATIC_FOLDER, joined_modules, read_page


def written(folder: Path, **modules: str) -> Path:
    for name, text in modules.items():
        (folder / f"{name}.js").write_text(text)
    return folder


def test_each_module_is_there_once_and_before_those_that_import_it(tmp_path: Path):
    written(
        tmp_path,
        a='import { two } from "./b.js";\nimport * as c from "./c.js";\nshow(two, c.three);\n',
        b='import { three } from "./c.js";\nexport const two = three - 1;\n',
        c="const hidden = 3;\nexport function three() {\n  return hidden;\n}\n",
    )

    joined = joined_modules(tmp_path, "a.js")

    assert re.findall(r"^const \$(\w+) =", joined, re.M) == ["c", "b", "a"]
    assert "export" not in joined
    assert "import" not in joined


def test_what_other_pages_load_too_stays_a_file_of_its_own(tmp_path: Path):
    written(
        tmp_path,
        a='import { Melu } from "./melu.js";\nimport { b } from "./b.js";\nnew Melu(b);\n',
        b='import { Melu } from "./melu.js";\nexport const b = Melu;\n',
    )

    joined = joined_modules(tmp_path, "a.js")

    assert re.findall(r"^import .*", joined, re.M) == ['import * as $melu from "./melu.js";']
    assert joined.count("const { Melu } = $melu;") == 2


@pytest.mark.parametrize(
    "text",
    ["export default 1;\n", 'import a from "./b.js";\n', "export let a = 1;\n", "export { a };\n"],
)
def test_what_is_not_understood_is_refused(tmp_path: Path, text: str):
    written(tmp_path, a=text, b="")

    with pytest.raises(ValueError, match="not understood"):
        joined_modules(tmp_path, "a.js")


def test_comments_are_left_out_and_nothing_else(tmp_path: Path):
    code = 'const url = "https://a.example"; // kept\nconst star = "/** no comment */";\n'
    written(tmp_path, a=f"// About it.\n/**\n * What it does.\n */\n  // here\n{code}")

    assert joined_modules(tmp_path, "a.js") == f"const $a = (() => {{\n{code}}})();\n"


def test_a_circle_is_refused(tmp_path: Path):
    written(tmp_path, a='import { b } from "./b.js";\n', b='import { a } from "./a.js";\n')

    with pytest.raises(ValueError, match=r"a\.js → b\.js → a\.js is a circle"):
        joined_modules(tmp_path, "a.js")


def test_every_module_and_style_of_the_page_is_in():
    files = read_page(has_demo_tokens=False)
    script = files.script.content.decode()
    style = files.style.content.decode()

    modules = {path.name for path in STATIC_FOLDER.glob("*.js")} - {"docs.js"}
    # Those that other pages load stay files of their own.
    modules = {name for name in modules if not name.startswith("melu")}
    sheets = [path.read_text() for path in (STATIC_FOLDER / "styles").glob("*.css")]
    assert modules
    assert modules == {f"{name}.js" for name in re.findall(r"^const \$(\w+) =", script, re.M)}
    assert sheets
    assert all(sheet in style for sheet in sheets)


def test_origins_of_pictures_are_said_to_the_page():
    page = read_page(
        has_demo_tokens=False, image_origins=["https://a.example", "https://b.example"]
    )

    assert b'content="https://a.example https://b.example"' in page.page.content


def test_pictures_may_come_from_these_origins_and_scripts_from_none():
    policy = page_headers(["https://a.example"])["Content-Security-Policy"]

    assert "img-src 'self' data: https://a.example;" in policy
    assert "script-src 'self';" in policy


def test_the_picture_of_links_has_a_full_address_where_one_is_known():
    known = read_page(has_demo_tokens=False, public_url="https://shop.example/melu").page.content
    unknown = read_page(has_demo_tokens=False).page.content

    assert b'"og:image" content="https://shop.example/melu/static/preview.jpg"' in known
    assert b'"og:url" content="https://shop.example/melu/"' in known
    assert b'"og:image" content="static/preview.jpg"' in unknown
    assert b"og:url" not in unknown


def test_the_picture_of_links_is_there_and_light():
    size = (STATIC_FOLDER / "preview.jpg").stat().st_size

    assert 10_000 < size < 100_000
