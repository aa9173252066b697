"""Files that a command writes what it found to."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Mapping
from math import isfinite
from pathlib import Path
from typing import TYPE_CHECKING, Any

from model.errors import ModelError

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def check_files(*paths: Path | None) -> None:
    """Find out before an hour of work whether its results can be written.

    Args:
        *paths: Files to write; None for none.

    Raises:
        ModelError: If one is a folder or can't be written, or its folder does not exist.
    """
    for path in paths:
        if path is None:
            continue
        try:
            if not path.absolute().parent.is_dir():
                raise ModelError(f"the folder of {path} does not exist; make it first.")
            if path.is_dir():
                raise ModelError(f"{path} is a folder; name a file in it.")
            is_writable = os.access(path if path.exists() else path.absolute().parent, os.W_OK)
        except OSError as error:  # a name too long for any file
            raise ModelError(f"{path} can't be written: {error.strerror}.") from error
        if not is_writable:
            raise ModelError(f"{path} can't be written: it is not yours to write.")


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
        content: What; a number that could not be measured is null.

    Raises:
        ModelError: If it can't be written.
    """
    text = json.dumps(_finite(content), indent=2, ensure_ascii=False, allow_nan=False)
    write_text(path, text + "\n")


def write_figure(path: Path, figure: Figure) -> None:
    """Write a picture as PNG, whatever its name ends with.

    Args:
        path: Where.
        figure: What.

    Raises:
        ModelError: If it can't be written.
    """
    try:
        with path.open("wb") as file:
            figure.savefig(file, format="png", dpi=120)
    except OSError as error:
        raise ModelError(f"{path} can't be written: {error.strerror}.") from error


def write_then_print(
    show: Callable[[], None], *files: tuple[Path | None, Callable[[Path], None]]
) -> None:
    """Write what was found to files, and print it even where they can't be written.

    Args:
        show: Prints it.
        *files: Where it may be written, None for nowhere, and what writes it there.

    Raises:
        ModelError: If a file can't be written.
    """
    try:
        for path, write in files:
            if path is not None:
                write(path)
    finally:
        show()


def _finite(value: Any) -> Any:  # noqa: ANN401 - any part of a JSON document
    """Replace numbers that JSON has no word for by null."""
    if isinstance(value, Mapping):
        return {key: _finite(part) for key, part in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(part) for part in value]
    return None if isinstance(value, float) and not isfinite(value) else value
