"""Scripts that run on the server; the client's `register_script` runs them by their digest."""

from importlib.resources import files


def read_script(*names: str) -> str:
    """Return the text of scripts, one after the other."""
    folder = files("app.store") / "lua"
    return "".join((folder / f"{name}.lua").read_text(encoding="utf-8") for name in names)
