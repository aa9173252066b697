"""Users for tests of the running service."""

from tests.service.conftest import new_visitor, visitor

__all__ = ["new_visitor", "visitor"]
