"""The bundle: θ and all that serving needs, in one versioned folder without any code.

bundle.json          format, version, configuration, metrics, checksums
weights.safetensors  θ of the predicted ratings
relevance.safetensors θ of the chances of being chosen; only where the preset has them
vocabularies.json    encoders of the user and item features
catalogue.parquet    items with their attributes and evidence scores
clusters.safetensors clusters of alike items; only where there are too many to score all
training.json/.png   how the training went
"""

from __future__ import annotations

import hashlib
from pathlib import Path

from pydantic import BaseModel, ConfigDict

from model.features import FeatureSpace

WEIGHTS_FILE = "weights.safetensors"
VOCABULARIES_FILE = "vocabularies.json"
CATALOGUE_FILE = "catalogue.parquet"
CLUSTERS_FILE = "clusters.safetensors"
RELEVANCE_FILE = "relevance.safetensors"
ANSWERING_FILES = (
    WEIGHTS_FILE,
    RELEVANCE_FILE,
    VOCABULARIES_FILE,
    CATALOGUE_FILE,
    CLUSTERS_FILE,
)
"""What an answer follows from."""
TRAINING_FILE = "training.json"
TRAINING_PLOT_FILE = "training.png"


class Vocabularies(BaseModel):
    """`vocabularies.json`."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    users: FeatureSpace
    items: FeatureSpace


def sha256_of(path: Path) -> str:
    """Return the SHA-256 of a file, in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
