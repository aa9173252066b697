"""Damaged files load or are refused in the project's own words; nothing else ever comes of them."""

import json
import pickle
import shutil
from datetime import timedelta
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from safetensors.torch import load_file, save

from model.data import load_dataset
from model.errors import BundleError, DatasetError
from model.recommender import Recommender
from tests.model.damage import changed_json, changed_table, damaged, reworded
from tests.sealing import seal

# Weights that are no good overflow before they are refused.
pytestmark = [
    pytest.mark.slow,
    pytest.mark.filterwarnings("ignore::RuntimeWarning"),
    pytest.mark.filterwarnings("ignore:Initializing zero-element"),
]

DATA_FILES = ("dataset.toml", "items.csv", "users.csv", "ratings.csv")
BUNDLE_FILES = (
    *("bundle.json", "vocabularies.json", "catalogue.parquet"),
    *("weights.safetensors", "relevance.safetensors"),
)
WORDS_OF = {"toml": r'"[^"]*"|[\w.]+', "csv": r"[^,\n]+"}


def fuzzed(examples: int) -> settings:
    return settings(
        max_examples=examples,
        derandomize=True,
        database=None,
        deadline=timedelta(seconds=10),  # a hang on any machine
        suppress_health_check=list(HealthCheck),
    )


def load_data(folder: Path, skip: bool) -> None:
    """Load a damaged data set; what does load must be whole."""
    try:
        dataset = load_dataset(folder, skip_bad_rows=skip)
    except DatasetError:
        return
    ratings = dataset.ratings
    assert 0 <= ratings.user_index.min() <= ratings.user_index.max() < len(dataset.user_ids)
    assert 0 <= ratings.item_index.min() <= ratings.item_index.max() < len(dataset.item_ids)
    assert np.isfinite(ratings.rating).all()
    assert all(isinstance(text, str) for text in dataset.item_ids + dataset.titles)


def load_model(folder: Path) -> None:
    """Load a damaged bundle; what does load must answer."""
    try:
        recommender = Recommender.load(folder)
    except BundleError:
        return
    recommender.warm_up()
    user = recommender.adapt({}, [(0, recommender.scale[1])])
    assert np.isfinite(recommender.score(user)).all()
    for order in recommender.orders:
        found = recommender.rank(user, 10, order=order)
        assert len(found.index) == 10
        assert np.isfinite(found.values.value).all()
    json.dumps([vars(one) for one in recommender.catalogue.records([0])], allow_nan=False)


def replace(folder: Path, name: str, content: bytes, checksum: bool = True) -> None:
    """Write a file of a bundle; with its checksum, as somebody would who means it."""
    (folder / name).write_bytes(content)
    if checksum:
        seal(folder)


def skip_without(folder: Path, name: str) -> None:
    if not (folder / name).exists():
        pytest.skip(f"the preset has no {name}")


@pytest.fixture(scope="module")
def data(two_tastes_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return Path(shutil.copytree(two_tastes_folder, tmp_path_factory.mktemp("fuzz") / "data"))


@pytest.fixture(scope="module")
def parquet_data(data: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("fuzz") / "parquet"
    folder.mkdir()
    text = (data / "dataset.toml").read_text()
    (folder / "dataset.toml").write_text(text.replace(".csv", ".parquet"))
    for name in ("items", "users", "ratings"):
        pl.read_csv(data / f"{name}.csv").write_parquet(folder / f"{name}.parquet")
    return folder


@pytest.fixture
def model(bundle: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(bundle, tmp_path / "model"))


def restore(original: Path, copy: Path, *names: str) -> None:
    for name in names:
        shutil.copyfile(original / name, copy / name)


@pytest.mark.parametrize("name", DATA_FILES)
def test_a_data_set_of_text(two_tastes_folder: Path, data: Path, name: str):
    content = (two_tastes_folder / name).read_bytes()
    words = WORDS_OF[name.rpartition(".")[2]]

    @fuzzed(80)
    @given(st.one_of(damaged(content), reworded(content, words)), st.booleans())
    def load(content: bytes, skip: bool) -> None:
        (data / name).write_bytes(content)
        load_data(data, skip)

    try:
        load()
    finally:
        restore(two_tastes_folder, data, name)


@pytest.mark.parametrize("name", ["items.parquet", "users.parquet", "ratings.parquet"])
def test_a_data_set_of_parquet(parquet_data: Path, name: str):
    path = parquet_data / name
    whole = path.read_bytes()

    @fuzzed(50)
    @given(st.one_of(damaged(whole), changed_table(path)), st.booleans())
    def load(content: bytes | pl.DataFrame, skip: bool) -> None:
        if isinstance(content, bytes):
            path.write_bytes(content)
        else:
            content.write_parquet(path)
        load_data(parquet_data, skip)

    try:
        load()
    finally:
        path.write_bytes(whole)


@pytest.mark.parametrize("name", BUNDLE_FILES)
def test_a_bundle_with_a_damaged_file(bundle: Path, model: Path, name: str):
    skip_without(bundle, name)

    @fuzzed(25)
    @given(damaged((bundle / name).read_bytes()), st.booleans())
    def load(content: bytes, checksum: bool) -> None:
        restore(bundle, model, "bundle.json", name)
        replace(model, name, content, checksum)
        load_model(model)

    load()


@pytest.mark.parametrize("name", ["bundle.json", "vocabularies.json"])
def test_a_bundle_that_says_something_else(bundle: Path, model: Path, name: str):
    @fuzzed(80)
    @given(changed_json((bundle / name).read_bytes()))
    def load(content: bytes) -> None:
        restore(bundle, model, "bundle.json", name)
        replace(model, name, content)
        load_model(model)

    load()


def test_a_bundle_with_another_catalogue(bundle: Path, model: Path):
    @fuzzed(80)
    @given(changed_table(bundle / "catalogue.parquet"))
    def load(table: pl.DataFrame) -> None:
        restore(bundle, model, "bundle.json")
        table.write_parquet(model / "catalogue.parquet")
        replace(model, "catalogue.parquet", (model / "catalogue.parquet").read_bytes())
        load_model(model)

    load()


HUGE = 2**62
TENSOR_CHANGES = {
    "gone": lambda _: None,
    "a single number": lambda t: torch.zeros((), dtype=t.dtype),
    "empty": lambda t: t[:0] if t.ndim else t,
    "shorter": lambda t: t[:-1].clone() if t.ndim else t,
    "one row too many": lambda t: torch.cat([t, t[-1:]]) if t.ndim else t,
    "of one more dimension": lambda t: t.unsqueeze(0),
    "of another type": lambda t: t.to(torch.float16),
    "of truths": lambda t: t.bool(),
    "no number": lambda t: torch.full_like(t, float("nan")) if t.is_floating_point() else t - 1,
    "endless": lambda t: torch.full_like(t, float("inf")) if t.is_floating_point() else t + HUGE,
    "huge": lambda t: torch.full_like(t, 3e38) if t.is_floating_point() else t + 1,
    "large": lambda t: t * 10_000 + 100,
    "below zero": lambda t: -t - 1,
    "all alike": torch.zeros_like,
}


@pytest.mark.parametrize("file", ["weights.safetensors", "relevance.safetensors"])
def test_a_bundle_with_other_tensors(bundle: Path, model: Path, file: str):
    skip_without(bundle, file)
    whole: dict[str, Any] = load_file(bundle / file)

    @fuzzed(80)
    @given(st.sampled_from(sorted(whole)), st.sampled_from(sorted(TENSOR_CHANGES)))
    def load(name: str, change: str) -> None:
        restore(bundle, model, "bundle.json", file)
        tensors = whole | {name: TENSOR_CHANGES[change](whole[name])}
        kept = {key: tensor for key, tensor in tensors.items() if tensor is not None}
        replace(model, file, save(kept))
        load_model(model)

    load()


class Trap:
    """Runs code when it is unpickled."""

    def __init__(self, mark: Path) -> None:
        self.mark = mark

    def __reduce__(self) -> tuple[Any, ...]:
        return Path.touch, (self.mark,)


@pytest.mark.parametrize("name", BUNDLE_FILES)
def test_no_code_is_loaded(model: Path, tmp_path: Path, name: str):
    skip_without(model, name)
    trap = pickle.dumps(Trap(tmp_path / "sprung"))
    replace(model, name, trap)
    with pytest.raises(BundleError):
        Recommender.load(model)
    torch.save({"weights": Trap(tmp_path / "sprung")}, model / name)
    replace(model, name, (model / name).read_bytes(), checksum=name != "bundle.json")
    with pytest.raises(BundleError):
        Recommender.load(model)
    assert not (tmp_path / "sprung").exists()
    pickle.loads(trap)
    assert (tmp_path / "sprung").exists()  # so it is a trap
