"""Bundles that were changed by somebody who means it: with checksums that fit."""

import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from model.bundle.manifest import Manifest


def seal(folder: Path) -> None:
    """Let the manifest's checksums fit its folder, as far as it can be read."""
    path = folder / "bundle.json"
    try:
        manifest = json.loads(path.read_bytes())
        for name in manifest["checksums"].keys() & {one.name for one in folder.iterdir()}:
            content = (folder / name).read_bytes()
            manifest["checksums"][name] = hashlib.sha256(content).hexdigest()
        manifest["checksum"] = Manifest.model_validate_json(json.dumps(manifest)).digest()
    except (ValueError, KeyError, TypeError, AttributeError, ValidationError):
        return
    path.write_text(json.dumps(manifest))


def edit_manifest(folder: Path, change: Callable[[dict[str, Any]], object]) -> None:
    """Change what the manifest says, and seal it."""
    path = folder / "bundle.json"
    manifest = json.loads(path.read_text())
    change(manifest)
    path.write_text(json.dumps(manifest))
    seal(folder)
