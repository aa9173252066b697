"""The tree of errors in the docstring of app/problems.py is the one that the classes form."""

from app import problems
from app.problems import Problem


def rows(kind: type[Problem], depth: int = 0) -> set[tuple[int, str, str, str]]:
    below = [rows(one, depth + 1) for one in kind.__subclasses__()]
    return {(depth, kind.__name__, str(kind.status), kind.code)}.union(*below)


def test_the_docstring_draws_every_error_with_its_status_and_code():
    assert problems.__doc__ is not None
    drawn = set()
    for line in problems.__doc__.splitlines():
        if line.startswith("    "):
            indent = len(line) - len(line.lstrip())
            name, status, code = line.split()
            drawn.add(((indent - 4) // 2, name, status, code))

    assert drawn == rows(Problem)
