"""The service's settings, for commands."""

from __future__ import annotations

import re
from collections.abc import Mapping

from pydantic import ValidationError
from pydantic_settings import SettingsError

from app.settings import ENVIRONMENT_PREFIX, Settings
from model.errors import ModelError

_FIELD = re.compile(r'field "(\w+)"')


def read_settings(given: Mapping[str, object]) -> Settings:
    """Read the settings, those of the environment where none are given.

    Args:
        given: Field → value.

    Returns:
        The settings.

    Raises:
        ModelError: If one can't be read; the message names its variable.
    """
    try:
        return Settings.model_validate(given)
    except (ValidationError, SettingsError) as error:
        raise ModelError(_fault(error)) from error


def _fault(error: ValidationError | SettingsError) -> str:
    if isinstance(error, ValidationError) and (fault := error.errors()[0])["loc"]:
        name, message = str(fault["loc"][0]), fault["msg"].removeprefix("Value error, ")
    elif (field := _FIELD.search(str(error))) is not None:
        name, message = field[1], "it is no JSON; see docs/settings.md for how it is written"
    else:
        return str(error)
    return f"{ENVIRONMENT_PREFIX}{name.upper()}: {message}"
