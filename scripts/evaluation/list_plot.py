"""A picture of list quality by number of answers."""

from collections.abc import Mapping
from pathlib import Path

from model.evaluation.lists import SERVED, ListEvaluation
from scripts.files import write_figure

_SHOWN = (
    *("popularity", "item_knn", "ease", "ials_features", "numbers", "content_knn", "rating"),
    SERVED,
)
_COLOURS = {SERVED: "#b5179e", "rating": "#9aa0a6"}


def draw_lists(evaluation: ListEvaluation, titles: Mapping[str, str], path: Path) -> None:
    """Draw nDCG@20 of lists by the number of answers.

    Args:
        evaluation: What was found.
        titles: Model → how it is called.
        path: PNG file to write.
    """
    from matplotlib.figure import Figure

    figure = Figure(figsize=(7, 4), layout="constrained")
    axes = figure.add_subplot()
    sizes = evaluation.protocol.sizes
    places = range(len(sizes))
    for model in _SHOWN:
        if model not in evaluation.values:
            continue
        found = [evaluation.estimate(model, size) for size in sizes]
        is_ours = model == SERVED
        axes.errorbar(
            places,
            [one.mean for one in found],
            [one.standard_error for one in found],
            label=titles[model],
            color=_COLOURS.get(model),
            linewidth=2.5 if is_ours else 1.2,
            marker="o" if is_ours else ".",
        )
    axes.set(
        xlabel="answers of a new user",
        ylabel="nDCG@20 of what the user goes on to like",
        xticks=places,
        xticklabels=[str(size) for size in sizes],
    )
    axes.grid(alpha=0.3)
    axes.legend(fontsize="small")
    write_figure(path, figure)
