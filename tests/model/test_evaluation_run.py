"""The whole protocol on a small world: both presets, all baselines, all states that it has."""

import json
import re
from pathlib import Path

import pytest
from typer.testing import CliRunner

from model.baselines import BASELINES
from model.data import Dataset, load_dataset
from model.evaluation import FEW_SHOT_SIZES, Evaluation, evaluate, unadapted
from scripts.cli import app
from scripts.evaluation.as_json import as_json
from scripts.evaluation.published import PUBLISHED, PublishedRow
from scripts.evaluation.report import as_page
from scripts.evaluation.tables import print_evaluation
from scripts.evaluation.titles import FLOOR_TITLES, STATE_TITLES, summary
from tests.conftest import QUICK_PRESETS

pytestmark = pytest.mark.slow

PRESETS = tuple(QUICK_PRESETS)


@pytest.fixture(scope="module")
def evaluation(two_tastes: Dataset) -> Evaluation:
    return evaluate(two_tastes, list(QUICK_PRESETS.values()), range(2), regime="A")


def test_every_model_is_measured_in_every_state_that_has_episodes(evaluation: Evaluation):
    # 24 ratings a user, a fifth of the items cold: no user has 13 ratings of cold items.
    assert tuple(evaluation.states) == ("warm", "user_cold")
    left_out = {(seed, state) for seed, state, _ in evaluation.too_few}
    assert left_out == {(s, t) for s in (0, 1) for t in ("item_cold", "user_and_item_cold")}
    expected = {*BASELINES, *PRESETS, *map(unadapted, PRESETS)}
    for results in evaluation.states.values():
        assert results.values.keys() == expected
        lengths = {len(v) for metrics in results.values.values() for v in metrics.values()}
        assert lengths == {results.episodes}


def test_the_queries_are_the_same_for_every_support_size(evaluation: Evaluation):
    assert tuple(evaluation.few_shot) == FEW_SHOT_SIZES
    whole = evaluation.states["user_cold"]
    for results in evaluation.few_shot.values():
        assert results.users == whole.users
        for model in ("item_mean", *map(unadapted, PRESETS)):
            assert results.values[model]["mae"] == pytest.approx(whole.values[model]["mae"])


def test_without_support_ratings_adapted_is_theta_alone(evaluation: Evaluation):
    for preset in PRESETS:
        none = evaluation.few_shot[0].difference(preset, unadapted(preset), "mae")
        assert none.mean == none.standard_error == 0.0


def test_taste_is_found_and_ratings_help(evaluation: Evaluation):
    results = evaluation.states["user_cold"]
    for model in (*PRESETS, "ridge", "gp", "knn"):
        assert results.difference(model, "bias", "mae").mean < -0.2
        assert results.difference(model, "random", "recall@20").mean > 0.1
    for preset in PRESETS:
        few = [r.estimate(preset, "mae").mean for r in evaluation.few_shot.values()]
        assert few[-1] < few[0] - 0.3


def test_the_best_baseline_is_the_one_of_least_error(evaluation: Evaluation):
    assert len(evaluation.states) == 2
    for results in evaluation.states.values():
        errors = {baseline: results.estimate(baseline, "mae").mean for baseline in BASELINES}
        assert errors[evaluation.best_baseline(results)] == min(errors.values())


def test_json_has_the_agreed_shape(evaluation: Evaluation):
    about = {"dataset": "d", "split": "random", "regime": "A", "seeds": 2, "machine": "m"}
    found = as_json(evaluation, about)
    assert {"dataset", "split", "regime", "seeds", "machine", "states", "few_shot"} <= found.keys()
    state = found["states"]["user_cold"]
    assert state["episodes"] == evaluation.states["user_cold"].episodes
    for model in (*PRESETS, *BASELINES):
        row = state["models"][model]
        assert {"mae", "rmse", "ndcg_exp", "ndcg_lin", "recall@20", "ndcg@20"} <= row.keys()
        assert set(row["ndcg_exp"]) == set(row["ndcg_lin"]) == {"1", "3", "5", "10"}
    for preset in PRESETS:
        paired = state["paired"][preset]
        assert paired["best_baseline"]["baseline"] == state["best_baseline"]
        difference = state["models"][preset]["mae"] - state["models"][state["best_baseline"]]["mae"]
        assert paired["best_baseline"]["mae"]["mean"] == pytest.approx(difference)
        assert paired["theta_alone"]["mae"]["standard_error"] > 0
    few_shot = found["few_shot"]
    assert few_shot["k"] == list(FEW_SHOT_SIZES)
    assert all(len(curve) == len(few_shot["k"]) for curve in few_shot["mae"].values())
    assert few_shot["paired"]["default"]["theta_alone"]["mae"][0]["mean"] == 0.0


def test_the_page_needs_no_other_file_and_shows_published_rows(evaluation: Evaluation):
    row = PublishedRow("user_cold", "Model <of> others", {"mae": 0.5}, "somewhere")
    page = as_page(evaluation, "two-tastes", summary(evaluation, "two-tastes", None), [row])
    assert not re.search(r'(src|href)="(?!data:)', page)
    assert "<link" not in page
    assert "<script" not in page
    assert page.count("<img") == 1 + len(evaluation.states)
    assert "Model &lt;of&gt; others" in page


def test_tables_are_not_squeezed_in_a_pipe(
    evaluation: Evaluation,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
):
    monkeypatch.delenv("COLUMNS", raising=False)
    print_evaluation(evaluation, ["how"], [])
    printed = capsys.readouterr().out
    assert "…" not in printed
    assert max(map(len, printed.splitlines())) <= 120
    for preset in PRESETS:
        assert re.search(rf"{preset} adapted +\d", printed)
        assert re.search(rf"{preset} θ alone +\d", printed)
        assert re.search(rf"{preset}: adapted − θ alone +-\d", printed)
        assert re.search(rf"{preset}: adapted − item mean +-\d", printed)
    assert re.search(r"item mean +\d", printed)
    assert re.search(r"user \+ item bias +\d", printed)


def test_every_baseline_and_state_has_a_title_and_published_rows_a_known_state():
    assert FLOOR_TITLES.keys() == BASELINES.keys()
    assert {row.state for rows in PUBLISHED.values() for row in rows} <= STATE_TITLES.keys()


def test_the_command_writes_json_and_page(two_tastes_folder: Path, tmp_path: Path):
    dataset = load_dataset(two_tastes_folder)
    split = tmp_path / "split.json"
    split.write_text(json.dumps({"cold_users": dataset.user_ids[:40], "cold_items": []}))
    words = ["--preset", "melu", "--epochs", "1", "--regime", "T", "--seeds", "1"]
    files = ["--json", str(tmp_path / "e.json"), "--report", str(tmp_path / "e.html")]
    command = ["evaluate", str(two_tastes_folder), "--split", str(split), *words, *files]
    answer = CliRunner().invoke(app, command)
    assert answer.exit_code == 0, answer.output
    found = json.loads((tmp_path / "e.json").read_text())
    assert found["split"] == str(split)
    assert found["regime"] == "T"
    assert found["states"]["user_cold"]["episodes"] == 40
    assert (tmp_path / "e.html").read_text().startswith("<!doctype html>")


def test_a_folder_that_does_not_exist_is_said_before_any_training(
    two_tastes_folder: Path, tmp_path: Path
):
    nowhere = tmp_path / "none" / "e.json"
    answer = CliRunner().invoke(app, ["evaluate", str(two_tastes_folder), "--json", str(nowhere)])
    assert answer.exit_code
    assert "does not exist" in str(answer.exception)
