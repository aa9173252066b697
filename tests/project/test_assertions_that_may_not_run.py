"""No test stands on assertions that only run if a loop has something to go through."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

TESTS = Path(__file__).parents[1]
# What raises by itself when something is not as it should be.
CHECKING = ("assert_", "raises", "ok", "warns", "run_state_machine_as_test")


def _is_never_empty(iterable: ast.expr) -> bool:
    """Whether an iterable is written out, as a display, a constant, or a range of one."""
    match iterable:
        case ast.Tuple(elts=found) | ast.List(elts=found) | ast.Set(elts=found):
            return bool(found)
        case ast.Dict(keys=found):
            return bool(found)
        case ast.Constant(value=str() as text):
            return bool(text)
        case ast.Call(func=ast.Name(id="range"), args=bounds):
            return all(isinstance(one, ast.Constant) for one in bounds)
        case ast.Call(func=ast.Name(id="enumerate" | "product" | "zip" | "sorted"), args=inner):
            return all(_is_never_empty(one) for one in inner)
        case ast.Call(func=ast.Attribute(attr="items" | "values" | "keys", value=mapping)):
            return _is_never_empty(mapping)
        case ast.Name(id=name):
            return name.isupper()  # a constant of the module
    return False


def _is_vacuous(test: ast.expr) -> bool:
    """Whether `assert test` passes where nothing was looked at."""
    match test:
        case ast.UnaryOp(op=ast.Not(), operand=ast.Call(func=ast.Name(id="any"), args=[inside])):
            pass
        case ast.Call(func=ast.Name(id="all"), args=[inside]):
            pass
        case _:
            return False
    return isinstance(inside, ast.GeneratorExp) and not _is_never_empty(inside.generators[0].iter)


def _checks(node: ast.AST) -> Iterator[ast.AST]:
    """Everything that can fail whatever the data are."""
    if isinstance(node, ast.For) and not _is_never_empty(node.iter):
        return
    if isinstance(node, ast.Assert) and not _is_vacuous(node.test):
        yield node
    if isinstance(node, ast.Call):
        name = node.func.attr if isinstance(node.func, ast.Attribute) else None
        name = node.func.id if isinstance(node.func, ast.Name) else name
        if name is not None and name.lstrip("_").startswith(CHECKING):
            yield node
    for child in ast.iter_child_nodes(node):
        yield from _checks(child)


def _tests_without_a_sure_check(source: str) -> list[str]:
    return [
        node.name
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.FunctionDef)
        and node.name.startswith("test_")
        and any(isinstance(inner, ast.Assert) for inner in ast.walk(node))
        and not any(_checks(node))
    ]


@pytest.mark.parametrize(
    ("body", "is_sure"),
    [
        ("for x in found: assert x", False),
        ("assert all(x for x in found)", False),
        ("assert not any(x for x in found)", False),
        ("for x in (1, 2): assert x", True),
        ("for x in range(3): assert x", True),
        ("assert len(found) == 3\n    for x in found: assert x", True),
        ("assert all(x in text for x in ('a', 'b'))", True),
    ],
)
def test_the_rule_tells_them_apart(body: str, is_sure: bool):
    found = _tests_without_a_sure_check(f"def test_it():\n    {body}\n")

    assert found == ([] if is_sure else ["test_it"])


def test_every_test_has_an_assertion_that_runs():
    found = {
        f"{path.relative_to(TESTS)}: {name}"
        for path in TESTS.rglob("*.py")
        for name in _tests_without_a_sure_check(path.read_text(encoding="utf-8"))
    }

    assert found == set()
