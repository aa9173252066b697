"""Files that an evaluation writes."""

from pathlib import Path

from model.errors import ModelError


def check_folders(*paths: Path | None) -> None:
    """Find out before an hour of training whether its results can be written.

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
