"""What PromQL asks for: metrics, and labels of each."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

import promql_parser
from promql_parser import AggregateExpr, BinaryExpr, Matcher, MatchOp, VectorSelector

# Prometheus adds these to whatever it scrapes.
OF_THE_TARGET = {"job", "instance"}


@dataclass(frozen=True)
class Selected:
    """A metric that a query names.

    Attributes:
        name: Of its samples.
        matchers: What their labels have to be.
        labels: All labels that the query asks of it: matched, grouped by, or joined on.
    """

    name: str
    matchers: tuple[Matcher, ...]
    labels: frozenset[str]

    def matches(self, labels: dict[str, str]) -> bool:
        """Whether a sample with these labels is among what is selected."""
        return all(
            _matches(one, labels.get(one.name, ""))
            for one in self.matchers
            if one.name not in OF_THE_TARGET
        )


def selected(query: str) -> list[Selected]:
    """Parse a query, which checks its types too, and return what it selects."""
    return list(_selected(promql_parser.parse(query), frozenset()))


def _selected(node: object, asked: frozenset[str]) -> Iterator[Selected]:
    if isinstance(node, VectorSelector):
        matchers = tuple(node.matchers.matchers)
        named = frozenset(one.name for one in matchers)
        yield Selected(str(node.name), matchers, asked | named)
        return
    if isinstance(node, AggregateExpr) and node.modifier is not None:
        asked = frozenset(node.modifier.labels)
    if isinstance(node, BinaryExpr) and "on (" in str(node.modifier):
        asked |= frozenset(node.modifier.matching.labels)
    for name in ("expr", "lhs", "rhs", "args", "vector_selector"):
        child = getattr(node, name, None)
        for one in child if isinstance(child, list) else [child]:
            if one is not None:
                yield from _selected(one, asked)


def _matches(matcher: Matcher, value: str) -> bool:
    if matcher.op == MatchOp.Equal:
        return value == matcher.value
    if matcher.op == MatchOp.NotEqual:
        return value != matcher.value
    found = re.fullmatch(matcher.value, value) is not None
    return found if matcher.op == MatchOp.Re else not found
