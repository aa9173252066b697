"""A picture of list quality over time, retrained and frozen."""

from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

from model.evaluation.retraining import ANEW, FROZEN, ON, POPULARITY, RetrainingEvaluation
from scripts.files import write_figure

_COLOURS = {POPULARITY: "#9aa0a6", FROZEN: "#4361ee", ANEW: "#b5179e", ON: "#f4a259"}
_BOLD = (FROZEN, ANEW)


def draw_retraining(
    evaluation: RetrainingEvaluation, titles: Mapping[str, str], path: Path
) -> None:
    """Draw the nDCG@20 of each slice's new users.

    Args:
        evaluation: What was found.
        titles: Model → how it is called.
        path: PNG file to write.
    """
    from matplotlib.figure import Figure

    figure = Figure(figsize=(7, 4), layout="constrained")
    axes = figure.add_subplot()
    places = range(len(evaluation.slices))
    days = [
        datetime.fromtimestamp(one.begins_at, UTC).date().isoformat() for one in evaluation.slices
    ]
    for model, title in titles.items():
        found = [evaluation.estimate(model, one) for one in evaluation.slices]
        is_bold = model in _BOLD
        axes.errorbar(
            places,
            [one.mean for one in found],
            [one.standard_error for one in found],
            label=title,
            color=_COLOURS[model],
            linewidth=2.5 if is_bold else 1.2,
            marker="o" if is_bold else ".",
        )
    axes.set(
        xlabel="when the new users arrive",
        ylabel="nDCG@20 of what they go on to like",
        xticks=places,
        xticklabels=days,
    )
    axes.grid(alpha=0.3)
    axes.legend(fontsize="small")
    write_figure(path, figure)
