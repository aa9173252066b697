"""Files that a command writes what it found to."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from model.errors import ModelError


def check_folders(*paths: Path | None) -> None:
    """Find out before an hour of work whether its results can be written.

    Args:
        *paths: Files to write; None for none.

    Raises:
        ModelError: If a folder does not exist.
    """
    for path in paths:
        if path is not None and not path.absolute().parent.is_dir():
            raise ModelError(f"the folder of {path} does not exist; make it first.")


def write_text(path: Path, text: str) -> None:
    """Write a file.

    Args:
        path: Where.
        text: What.

    Raises:
        ModelError: If it can't be written.
    """
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise ModelError(f"{path} can't be written: {error.strerror}.") from error


def write_json(path: Path, content: Mapping[str, Any]) -> None:
    """Write a report as JSON.

    Args:
        path: Where.
        content: What.

    Raises:
        ModelError: If it can't be written.
    """
    write_text(path, json.dumps(content, indent=2) + "\n")
