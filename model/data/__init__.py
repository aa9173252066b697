"""Prepared data sets: a folder with a `dataset.toml` and the tables that it names."""

from model.data.dataset import Dataset
from model.data.description import DatasetDescription, Feature
from model.data.loading import load_dataset
from model.data.tables import LoadReport

__all__ = [
    "Dataset",
    "DatasetDescription",
    "Feature",
    "LoadReport",
    "load_dataset",
]
