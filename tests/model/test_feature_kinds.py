"""What a kind of feature is, only its class knows; other code asks it and never which one it is."""

import ast
from collections.abc import Iterator
from pathlib import Path

from model.features.kinds import KINDS

ROOT = Path(__file__).parents[2]
HOUSE = "model/features/"
# What other code may take from the house: the list of kinds, and what one is.
OPEN = {"KINDS", "FeatureKind", "Kind"}
ENCODERS = {kind.encoder.__name__ for kind in KINDS.values()}
# It tells which kind a column looks like, so it names them.
PROPOSES = "model/data/proposal/features.py"


def _questions(source: str) -> Iterator[str]:
    """Return what in a module depends on which kinds there are."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.ImportFrom):
            module, names = node.module or "", {one.name for one in node.names}
            if module == "model.features.kinds":
                yield from names - OPEN
            elif module.startswith("model.features.kinds."):
                yield module
            elif module.startswith("model.features"):
                yield from names & ENCODERS
        elif isinstance(node, ast.Attribute) and node.attr in ENCODERS:
            yield node.attr
        elif isinstance(node, ast.Compare | ast.Match | ast.Subscript):
            asked = {ast.Compare: "left", ast.Match: "subject", ast.Subscript: "value"}[type(node)]
            texts = {one.value for one in ast.walk(node) if isinstance(one, ast.Constant)}
            if "kind" in ast.unparse(getattr(node, asked)).casefold() and texts & set(KINDS):
                yield ast.unparse(node)


def test_only_the_kinds_know_which_there_are():
    files = [path for part in ("app", "model", "scripts") for path in (ROOT / part).rglob("*.py")]
    asking = {
        str(path.relative_to(ROOT)): list(_questions(path.read_text(encoding="utf-8")))
        for path in files
    }
    outside = {path for path, found in asking.items() if found and not path.startswith(HOUSE)}
    inside = {path for path, found in asking.items() if found and path.startswith(HOUSE)}

    assert outside == {PROPOSES}
    assert {path for path in inside if not path.startswith("model/features/kinds/")} == {
        "model/features/__init__.py"
    }


def test_every_way_to_ask_for_a_kind_is_found():
    asked = (
        "from model.features.kinds import TEXT",
        "from model.features.kinds.text import words",
        "from model.features import Vocabulary",
        "isinstance(encoder, features.NumberBins)",
        'kind.name == "number"',
        'encoder.kind.name in ("text", "category")',
        'match kind.name:\n    case "text":\n        pass',
        'TABLE_OF_KINDS["text"]',
    )
    assert all(list(_questions(source)) for source in asked)
    assert not list(_questions('from model.features.kinds import KINDS\nKINDS["name"]'))
