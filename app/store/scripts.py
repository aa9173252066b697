"""The store's Lua scripts."""

from importlib.resources import files


def read_script(*names: str) -> str:
    """Return the text of scripts, one after the other.

    Args:
        *names: Files in `app/store/lua`, without their ending.

    Returns:
        Lua.
    """
    folder = files("app.store") / "lua"
    return "".join((folder / f"{name}.lua").read_text(encoding="utf-8") for name in names)
