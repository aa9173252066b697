"""`melu evaluate`: presets beside the baselines, in four states, on the same episodes."""

from collections.abc import Sequence
from pathlib import Path

from model.data import Dataset
from model.errors import ModelError
from model.evaluation import Regime, evaluate, read_split
from model.presets import Preset
from scripts.evaluation.as_json import as_json
from scripts.evaluation.published import PUBLISHED
from scripts.evaluation.report import as_page
from scripts.evaluation.tables import print_evaluation
from scripts.evaluation.titles import summary
from scripts.files import check_files, write_json, write_text, write_then_print
from scripts.terminal import console, machine, training_progress


def evaluate_presets(
    dataset: Dataset,
    presets: Sequence[Preset],
    *,
    regime: Regime,
    seeds: int,
    split_file: Path | None,
    json_file: Path | None,
    report_file: Path | None,
) -> None:
    """Train and test once a seed; print, and write, metrics and paired differences.

    Args:
        dataset: The data set.
        presets: What to evaluate.
        regime: What may be learnt from.
        seeds: How many times to draw; the seeds are 0, 1, 2, …
        split_file: JSON with cold users and items; a random fifth of each is cold if None.
        json_file: Where to write the results as JSON.
        report_file: Where to write the results as a page.

    Raises:
        ModelError: If the data or the split can't be used, or a file can't be written.
    """
    if not dataset.has_ratings:
        raise ModelError(
            f"{dataset.description.name} has no ratings to predict; `melu evaluate-lists` measures "
            "its lists."
        )
    check_files(json_file, report_file)
    split = read_split(split_file, dataset) if split_file else None
    with training_progress() as on_epoch:
        evaluation = evaluate(
            dataset,
            presets,
            range(seeds),
            regime=regime,
            split=split,
            on_stage=console.print,
            on_epoch=on_epoch,
        )
    name = dataset.description.name
    split_name = str(split_file) if split_file else None
    paragraphs = summary(evaluation, name, split_name)
    published = PUBLISHED.get(name, ())
    about = {
        "dataset": name,
        "split": split_name or "random",
        "regime": regime,
        "seeds": seeds,
        "machine": machine(),
        "configuration": {preset.name: preset.model_dump() for preset in presets},
    }
    write_then_print(
        lambda: print_evaluation(evaluation, paragraphs, published),
        (json_file, lambda path: write_json(path, as_json(evaluation, about))),
        (
            report_file,
            lambda path: write_text(path, as_page(evaluation, name, paragraphs, published)),
        ),
    )
