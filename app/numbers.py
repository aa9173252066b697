"""Numbers as they are compared: equal ones are one value, however they are written."""

from typing import Annotated

from pydantic import AfterValidator, Field


def with_one_zero(value: float) -> float:
    """Return a number, and 0 for -0, which is equal to it and another text."""
    return value + 0.0


OneZero = AfterValidator(with_one_zero)
Share = Annotated[float, Field(ge=0, le=1), OneZero]
