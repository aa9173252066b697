"""A bundle is checked whole, and what is wrong with it is named."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest
import torch
from safetensors.torch import load_file, save_file

from model.bundle import bundle as bundle_module
from model.bundle.bundle import load_bundle
from model.bundle.manifest import FORMAT_VERSION, digest_of
from model.bundle.reports import TrainingReport
from model.bundle.saving import save_bundle, write_bundle
from model.catalogue.bundled import Catalogue
from model.data import Dataset
from model.errors import BundleError
from model.estimator import Estimator
from model.fitting import FittedModel
from model.presets import Preset, with_options
from tests.sealing import edit_manifest, seal

Fitted = tuple[Estimator, TrainingReport]


@pytest.fixture
def copy(bundle: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(bundle, tmp_path / "bundle"))


def _edit_weights(folder: Path, change: Callable[[dict], object]) -> None:
    path = folder / "weights.safetensors"
    tensors = load_file(path)
    change(tensors)
    save_file(tensors, path)
    seal(folder)


def _nudge(tensors: dict[str, torch.Tensor]) -> None:
    """Change one weight a little."""
    next(t for t in tensors.values() if t.is_floating_point() and t.numel()).view(-1)[0] += 1e-3


def test_holds_what_it_promises_and_no_pickle(bundle: Path, preset: Preset):
    of_relevance = {"relevance.safetensors"} if preset.name == "default" else set()
    assert {path.name for path in bundle.iterdir()} == of_relevance | {
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
    fitted_model: FittedModel, preset: Preset, two_tastes: Dataset, bundle: Path, tmp_path: Path
):
    again = save_bundle(
        fitted_model.estimator,
        fitted_model.report,
        preset,
        two_tastes,
        tmp_path / "again",
        relevance=fitted_model.relevance,
    )
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
    edit_manifest(copy, lambda m: m.update(format_version=FORMAT_VERSION + 1))
    with pytest.raises(BundleError, match=f"format {FORMAT_VERSION + 1}; this release reads"):
        load_bundle(copy)


def test_a_configuration_that_does_not_fit_the_weights_is_refused(copy: Path, preset: Preset):
    field = "embedding_width" if preset.name == "melu" else "hidden_width"
    edit_manifest(copy, lambda m: m["preset"]["estimator"].update({field: 7}))
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
    edit_manifest(copy, lambda m: m["metrics"].update(query_loss=number))
    with pytest.raises(BundleError, match=r"metrics\.query_loss"):
        load_bundle(copy)


def test_a_training_that_diverged_writes_no_bundle(
    fitted: Fitted, preset: Preset, two_tastes: Dataset, tmp_path: Path
):
    estimator, report = fitted
    last = report.epochs[-1].model_copy(update={"loss": float("nan")})
    diverged = report.model_copy(update={"epochs": [*report.epochs[:-1], last]})
    with pytest.raises(BundleError, match="query_loss is not finite"):
        save_bundle(estimator, diverged, preset, two_tastes, tmp_path / "model")
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
        edit_manifest(copy, lambda m, field=field: m["preset"]["estimator"].update({field: 10**12}))
        with pytest.raises(BundleError, match="configuration asks for"):
            load_bundle(copy)
        (copy / "bundle.json").write_text(text)


def test_a_variance_that_no_weight_can_hold_is_refused(copy: Path, preset: Preset):
    if preset.name != "default":
        pytest.skip("only the preset default has one")
    edit_manifest(copy, lambda m: m["preset"]["estimator"].update(user_variance=1e300))
    with pytest.raises(BundleError, match="can't score its items"):
        load_bundle(copy)


@pytest.mark.parametrize("change", ["preset", "rating_scale", "weights", "catalogue"])
def test_whatever_changes_an_answer_changes_the_version(
    copy: Path, bundle: Path, fitted: Fitted, preset: Preset, tmp_path: Path, change: str
):
    loaded = load_bundle(bundle)
    estimator, report = fitted
    scale, catalogue = loaded.manifest.rating_scale, loaded.catalogue
    other_preset = preset
    match change:
        case "preset":
            other_preset = with_options(preset, local_steps=preset.estimator.local_steps + 1)
        case "rating_scale":
            scale = (scale[0], scale[1] + 1)
        case "weights":
            _edit_weights(copy, _nudge)
            estimator = load_bundle(copy).estimator
        case "catalogue":
            table = catalogue.table.with_columns(title=pl.col("title") + "!")
            catalogue = Catalogue(table)

    again = write_bundle(
        estimator, report, other_preset, catalogue, "two-tastes", scale, tmp_path / "other"
    )

    assert again.version != loaded.manifest.version


@pytest.mark.parametrize(
    "change",
    [
        {"version": "two-tastes-default-000000000000"},
        {"dataset": "others"},
        {"rating_scale": [1, 10]},
        {"items": 59},
        {"metrics": {}},
        {"nouns": ["book", "books"]},
        {"nouns": None},
        {"created_at": "2020-01-01T00:00:00Z"},
        {"checksum": ""},
        {"checksum": None},
    ],
    ids=str,
)
def test_a_manifest_edited_by_hand_is_refused(copy: Path, change: dict[str, object]):
    path = copy / "bundle.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | change))

    with pytest.raises(BundleError, match="Train it again"):
        load_bundle(copy)


def test_a_preset_edited_by_hand_is_refused(copy: Path):
    path = copy / "bundle.json"
    manifest = json.loads(path.read_text())
    manifest["preset"]["estimator"]["local_steps"] += 1
    path.write_text(json.dumps(manifest))

    with pytest.raises(BundleError, match=r"bundle\.json is not as the bundle was written"):
        load_bundle(copy)


def test_a_file_that_is_cut_short_between_check_and_reading_is_told(
    bundle_of: Callable[[str], Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    folder = Path(shutil.copytree(bundle_of("default"), tmp_path / "bundle"))
    check = bundle_module._prepare

    def cut_first(*arguments: object) -> None:
        for file in folder.glob("*.safetensors"):
            file.write_bytes(file.read_bytes()[:-10])
        check(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(bundle_module, "_prepare", cut_first)

    with pytest.raises(BundleError, match="changed while it was read"):
        load_bundle(folder)


def test_a_bundle_from_before_a_field_was_added_is_read(copy: Path):
    path = copy / "bundle.json"
    manifest = json.loads(path.read_text())
    # The release that wrote it did not know of this configuration.
    del manifest["preset"]["training"]["batch_users"]
    del manifest["checksum"]
    path.write_text(json.dumps(manifest | {"checksum": digest_of(manifest)}))

    training = load_bundle(copy).manifest.preset.training

    assert training.batch_users == type(training)().batch_users


def test_a_bundle_of_before_there_were_nouns_is_good(copy: Path):
    path = copy / "bundle.json"
    said = json.loads(path.read_text())
    assert said.pop("nouns") == ["film", "films"]
    del said["checksum"]
    path.write_text(json.dumps(said | {"checksum": digest_of(said)}))

    assert load_bundle(copy).manifest.nouns is None
