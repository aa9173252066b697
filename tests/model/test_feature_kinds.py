"""Kinds of features are told apart in two places alone."""

import ast
from pathlib import Path

ROOT = Path(__file__).parents[2]


def _compares_a_kind(source: str) -> bool:
    return any(
        isinstance(part, ast.Attribute) and ast.unparse(part.value) == "FeatureKind"
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.Compare | ast.MatchValue)
        for part in ast.walk(node)
    )


def test_only_the_encoders_and_the_description_compare_kinds():
    files = [path for part in ("app", "model", "scripts") for path in (ROOT / part).rglob("*.py")]
    found = {str(path.relative_to(ROOT)) for path in files if _compares_a_kind(path.read_text())}
    outside = {path for path in found if not path.startswith("model/features/")}

    assert outside == {"model/data/description.py"}
    assert _compares_a_kind("match kind:\n    case FeatureKind.TEXT:\n        pass")
