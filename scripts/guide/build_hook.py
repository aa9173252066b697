"""Build the guide before a wheel is packed, so that whoever installs it has the guide."""

import sys
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class GuideBuildHook(BuildHookInterface[Any]):
    """Hatchling's hook, named in pyproject.toml."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:  # noqa: ARG002
        """Build the guide where the wheel takes it from.

        Args:
            version: `standard`, or `editable`, which make builds the guide for.
            build_data: What hatchling packs.
        """
        if version == "editable":
            return
        root = Path(self.root)
        sys.path.insert(0, str(root))
        from scripts.guide.site import build

        build(root, root / "app" / "guide")
