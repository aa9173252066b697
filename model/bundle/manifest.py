"""`bundle.json`: what a bundle is, and the checksums that hold it together."""

from __future__ import annotations

import hashlib
import json
from datetime import datetime
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, FiniteFloat, ValidationError

from model.data.dataset import INTERACTION_SCALE
from model.data.description import Noun, RatingScale
from model.errors import BundleError
from model.presets import Preset

FORMAT_VERSION = 6
MANIFEST_FILE = "bundle.json"
REMEDY = "Train it again with `melu train FOLDER --out DIR`."


class _Format(BaseModel):
    """The one field that every version of the format has."""

    format_version: int


class Manifest(BaseModel):
    """`bundle.json`."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    format_version: int
    version: str
    created_at: datetime
    dataset: str
    preset: Preset = Field(discriminator="name")
    rating_scale: RatingScale | None
    """Lowest and highest rating; null where the data have none."""
    items: int = Field(ge=1)
    nouns: tuple[Noun, Noun] | None = None
    """What one item is called, and several; None in bundles of before there were such words."""
    metrics: dict[str, FiniteFloat]
    checksums: dict[str, str]
    """File → SHA-256."""
    checksum: str = ""
    """Of all the other fields; see `digest`."""

    @property
    def scale(self) -> tuple[float, float]:
        """What feedback is brought to: the rating scale, or 0 to 1 where there are no ratings."""
        return self.rating_scale or INTERACTION_SCALE

    def digest(self) -> str:
        """Return the SHA-256 of all fields but `checksum`, as JSON with sorted keys."""
        return digest_of(self.model_dump(mode="json", exclude={"checksum"}))


def read_manifest(folder: Path) -> Manifest:
    """Read and check a bundle's manifest.

    Args:
        folder: The bundle.

    Returns:
        What `bundle.json` says.

    Raises:
        BundleError: If it is missing, of another format, damaged, or edited by hand.
    """
    path = folder / MANIFEST_FILE
    if not path.is_file():
        raise BundleError(f"{folder} holds no bundle: {MANIFEST_FILE} is missing. {REMEDY}")
    try:
        text = path.read_bytes()
        found = _Format.model_validate_json(text).format_version
        if found != FORMAT_VERSION:
            raise BundleError(
                f"{folder} has format {found}; this release reads {FORMAT_VERSION}. {REMEDY}"
            )
        manifest = Manifest.model_validate_json(text)
    except ValidationError as error:
        problem = error.errors()[0]
        where = ".".join(str(part) for part in problem["loc"]) or "the file"
        raise BundleError(f"{path}: {where}: {problem['msg']}. {REMEDY}") from error
    # Of what is written, not of what it was read as: a later release may know more fields.
    written = {name: value for name, value in json.loads(text).items() if name != "checksum"}
    if manifest.checksum != digest_of(written):
        raise BundleError(f"{path} is not as the bundle was written with. {REMEDY}")
    return manifest


def digest_of(content: object) -> str:
    """Return the SHA-256 of a value as JSON with sorted keys."""
    text = json.dumps(content, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()
