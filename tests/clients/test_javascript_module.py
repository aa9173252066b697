"""`app/static/melu.js` as a file: small, of this version, and typed."""

import gzip
from importlib.metadata import version

from clients.generate_types import JAVASCRIPT_TYPES
from tests.clients.node import ROOT, TOOLS, node, run

MODULE = ROOT / "app" / "static" / "melu.js"
MOST_BYTES = 5000
COMPILED = (
    *("--strict", "--noEmit", "--target", "es2022", "--module", "nodenext"),
    *("--lib", "es2022,dom,dom.iterable,dom.asynciterable", "--types", "node"),
)


def test_it_is_small():
    assert len(gzip.compress(MODULE.read_bytes())) <= MOST_BYTES


def test_it_imports_nothing():
    assert "import " not in MODULE.read_text()


def test_it_has_the_version_of_the_api():
    code = f"import {{ version }} from '{MODULE}'; console.log(version)"

    assert run(node(), "--input-type=module", "--eval", code).strip() == version("melu-online")


def test_its_types_are_strict():
    node()
    module = JAVASCRIPT_TYPES.with_name("melu.d.ts")

    said = run(
        TOOLS / "tsc",
        *COMPILED,
        *("--typeRoots", "clients/javascript/node_modules/@types"),
        *(module, JAVASCRIPT_TYPES, "tests/clients/types.ts"),
    )

    assert said == ""
