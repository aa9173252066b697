"""Read how a bundle was trained."""

from pathlib import Path

from pydantic import ValidationError

from model.bundle.files import TRAINING_FILE, sha256_of
from model.bundle.manifest import REMEDY, read_manifest
from model.bundle.reports import TrainingReport
from model.errors import BundleError


def read_training_report(folder: Path) -> TrainingReport:
    """Read a bundle's `training.json`.

    Args:
        folder: The bundle.

    Returns:
        How the training went.

    Raises:
        BundleError: If there is no bundle, or the file is missing or not as it was written.
    """
    manifest = read_manifest(folder)
    path = folder / TRAINING_FILE
    try:
        if sha256_of(path) != manifest.checksums.get(TRAINING_FILE):
            raise BundleError(f"{path} is not the file that the bundle was written with. {REMEDY}")
        return TrainingReport.model_validate_json(path.read_bytes())
    except (OSError, ValidationError) as error:
        raise BundleError(f"{path} can't be read: {error}. {REMEDY}") from error
