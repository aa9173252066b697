"""A picture of what exploring costs and brings, by share of the places."""

from pathlib import Path

from model.evaluation.exploration import ExplorationEvaluation
from model.evaluation.exploration.results import AMONG_NEW, MEANWHILE
from scripts.files import write_figure

_DRAWN = {
    MEANWHILE: ("meanwhile: visitors, all items", "#4361ee"),
    AMONG_NEW: ("later: after training, among new items", "#b5179e"),
}


def draw_exploration(found: ExplorationEvaluation, least: int, path: Path) -> None:
    """Draw list quality against no exploring, and how many new items were seen.

    Args:
        found: What was found.
        least: Impressions from which a new item counts as seen.
        path: PNG file to write.
    """
    from matplotlib.figure import Figure

    figure = Figure(figsize=(9, 3.8), layout="constrained")
    quality, seen = figure.subplots(1, 2)
    shares = list(found.outcomes)
    for metric, (title, colour) in _DRAWN.items():
        differences = [found.difference(share, metric) for share in shares]
        quality.errorbar(
            shares,
            [one.mean for one in differences],
            [one.standard_error for one in differences],
            label=title,
            color=colour,
            marker="o",
        )
    quality.axhline(0, color="#9aa0a6", linewidth=1)
    quality.set(
        xlabel="share of the places explored", ylabel="nDCG@20, less that without exploring"
    )
    quality.legend(fontsize="small")
    for title, values, colour in (
        (f"seen {least} times or more", [one.shown(least) for one in found.outcomes.values()], "k"),
        ("rated", [one.rated(1) for one in found.outcomes.values()], "#f4a259"),
    ):
        seen.plot(shares, values, label=title, color=colour, marker="o")
    seen.set(
        xlabel="share of the places explored",
        ylabel=f"of {found.new_items} new items",
        ylim=(0, found.new_items),
    )
    seen.legend(fontsize="small")
    for axes in (quality, seen):
        axes.grid(alpha=0.3)
    write_figure(path, figure)
