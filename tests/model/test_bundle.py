"""A bundle is checked whole, and what is wrong with it is named."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file

from model.bundle.bundle import FORMAT_VERSION, _sha256, load_bundle, save_bundle
from model.bundle.reports import TrainingReport
from model.data import Dataset
from model.errors import BundleError
from model.estimator import Estimator
from model.presets import Preset

Fitted = tuple[Estimator, TrainingReport]


@pytest.fixture
def copy(bundle: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(bundle, tmp_path / "bundle"))


def _edit_manifest(folder: Path, change: Callable[[dict], object]) -> None:
    path = folder / "bundle.json"
    manifest = json.loads(path.read_text())
    change(manifest)
    path.write_text(json.dumps(manifest))


def _edit_weights(folder: Path, change: Callable[[dict], object]) -> None:
    path = folder / "weights.safetensors"
    tensors = load_file(path)
    change(tensors)
    save_file(tensors, path)
    _edit_manifest(folder, lambda m: m["checksums"].update({path.name: _sha256(path)}))


def test_holds_what_it_promises_and_no_pickle(bundle: Path):
    assert {path.name for path in bundle.iterdir()} == {
        "bundle.json",
        "weights.safetensors",
        "vocabularies.json",
        "catalogue.parquet",
        "training.json",
        "training.png",
    }
    loaded = load_bundle(bundle)
    assert loaded.manifest.dataset == "two-tastes"
    assert loaded.manifest.items == len(loaded.catalogue) == 60
    assert (bundle / "training.png").read_bytes().startswith(b"\x89PNG")


def test_equal_content_has_an_equal_version(
    fitted: Fitted, preset: Preset, two_tastes: Dataset, bundle: Path, tmp_path: Path
):
    again = save_bundle(*fitted, preset, two_tastes, tmp_path / "again")
    assert again.version == load_bundle(bundle).manifest.version


@pytest.mark.parametrize(
    "name", ["bundle.json", "weights.safetensors", "vocabularies.json", "catalogue.parquet"]
)
def test_a_missing_file_is_named(copy: Path, name: str):
    (copy / name).unlink()
    with pytest.raises(BundleError, match=name) as refused:
        load_bundle(copy)
    assert "melu train" in str(refused.value)


@pytest.mark.parametrize("name", ["weights.safetensors", "vocabularies.json", "catalogue.parquet"])
def test_an_altered_or_truncated_file_is_named(copy: Path, name: str):
    content = (copy / name).read_bytes()
    for damaged in (content[:-1], content[:-1] + bytes([content[-1] ^ 1]), b""):
        (copy / name).write_bytes(damaged)
        with pytest.raises(BundleError, match=name):
            load_bundle(copy)


def test_a_manifest_that_is_no_json_is_named(copy: Path):
    (copy / "bundle.json").write_text("{")
    with pytest.raises(BundleError, match=r"bundle\.json"):
        load_bundle(copy)


def test_another_format_is_refused_by_number(copy: Path):
    _edit_manifest(copy, lambda m: m.update(format_version=FORMAT_VERSION + 1))
    with pytest.raises(BundleError, match=f"format {FORMAT_VERSION + 1}; this release reads"):
        load_bundle(copy)


def test_a_configuration_that_does_not_fit_the_weights_is_refused(copy: Path, preset: Preset):
    field = "embedding_width" if preset.name == "melu" else "hidden_width"
    _edit_manifest(copy, lambda m: m["preset"]["estimator"].update({field: 7}))
    with pytest.raises(BundleError, match="where the configuration asks for"):
        load_bundle(copy)


def _first(tensors: dict, end: str) -> str:
    return min(name for name in tensors if name.endswith(end))


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (lambda t: t.pop(_first(t, "bias")), r"lack .*bias"),
        (lambda t: t.update(extra=torch.zeros(1)), "unknown extra"),
        (lambda t: t[_first(t, "weight")].fill_(float("nan")), "weight holds .* not finite"),
        (lambda t: t.update({_first(t, "bias"): torch.zeros(3, 5)}), r"bias is .*\(3, 5\)"),
    ],
)
def test_wrong_weights_are_named(copy: Path, change: Callable[[dict], object], expected: str):
    _edit_weights(copy, change)
    with pytest.raises(BundleError, match=expected):
        load_bundle(copy)


@pytest.mark.parametrize("number", [float("nan"), float("inf")])
def test_metrics_that_are_no_numbers_are_refused(copy: Path, number: float):
    _edit_manifest(copy, lambda m: m["metrics"].update(query_loss=number))
    with pytest.raises(BundleError, match=r"metrics\.query_loss"):
        load_bundle(copy)


def test_a_training_that_diverged_writes_no_bundle(
    fitted: Fitted, preset: Preset, two_tastes: Dataset, tmp_path: Path
):
    estimator, report = fitted
    last = report.epochs[-1].model_copy(update={"loss": float("nan")})
    astray = report.model_copy(update={"epochs": [*report.epochs[:-1], last]})
    with pytest.raises(BundleError, match="query_loss is not finite"):
        save_bundle(estimator, astray, preset, two_tastes, tmp_path / "model")
    assert not (tmp_path / "model").exists()


def test_never_overwrites_what_is_no_bundle(
    fitted: Fitted, preset: Preset, two_tastes: Dataset, tmp_path: Path
):
    precious = tmp_path / "precious"
    precious.mkdir()
    (precious / "thesis.txt").write_text("mine")
    with pytest.raises(BundleError, match="is no bundle"):
        save_bundle(*fitted, preset, two_tastes, precious)
    assert (precious / "thesis.txt").read_text() == "mine"


def test_replaces_a_bundle_and_leaves_nothing_else_behind(
    fitted: Fitted, preset: Preset, two_tastes: Dataset, copy: Path
):
    save_bundle(*fitted, preset, two_tastes, copy)
    load_bundle(copy)
    assert [path.name for path in copy.parent.iterdir()] == [copy.name]


def _places(tensors: dict) -> torch.Tensor:
    return tensors[min(name for name in tensors if name.endswith(".place"))]


@pytest.mark.parametrize(
    "change",
    [
        lambda t: _places(t).add_(1_000),
        lambda t: _places(t).sub_(1),
        lambda t: _places(t).fill_(0),
    ],
    ids=["beyond the vocabulary", "before it", "twice"],
)
def test_values_of_content_must_stand_in_the_vocabulary_once(
    copy: Path, preset: Preset, change: Callable[[dict], object]
):
    if preset.name != "default":
        pytest.skip("only the preset default stores tables of content")
    _edit_weights(copy, change)
    with pytest.raises(BundleError, match="do not fit the vocabulary of"):
        load_bundle(copy)


def test_a_configuration_beyond_all_measure_is_refused_at_once(copy: Path, preset: Preset):
    fields = {"default": ("members", "encoder_width"), "melu": ("embedding_width",)}
    for field in fields[preset.name]:
        text = (copy / "bundle.json").read_text()
        _edit_manifest(
            copy, lambda m, field=field: m["preset"]["estimator"].update({field: 10**12})
        )
        with pytest.raises(BundleError, match="configuration asks for"):
            load_bundle(copy)
        (copy / "bundle.json").write_text(text)


def test_a_variance_that_no_weight_can_hold_is_refused(copy: Path, preset: Preset):
    if preset.name != "default":
        pytest.skip("only the preset default has one")
    _edit_manifest(copy, lambda m: m["preset"]["estimator"].update(user_variance=1e300))
    with pytest.raises(BundleError, match="can't score its items"):
        load_bundle(copy)
