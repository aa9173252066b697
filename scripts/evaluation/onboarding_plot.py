"""A picture of list quality by number of questions."""

from collections.abc import Mapping
from pathlib import Path

from model.evaluation.onboarding import ADAPTIVE, NOTHING, SHOWN, OnboardingEvaluation, calibration
from scripts.files import write_figure

_SHOWN = (
    *("popularity_unseen_thrown_away", "popularity", "evidence", "greedy", "static"),
    *("own_naming", ADAPTIVE),
)
_COLOURS = {ADAPTIVE: "#b5179e", "own_naming": "#9aa0a6"}
_RANGES = (0, 1, 2, 4, 8, 16)


def draw_onboarding(
    evaluation: OnboardingEvaluation, titles: Mapping[str, str], path: Path
) -> None:
    """Draw nDCG@20 by questions shown, and the gain of a question as expected and as it came.

    Args:
        evaluation: What was found.
        titles: Strategy → how it is called.
        path: PNG file to write.
    """
    from matplotlib.figure import Figure

    figure = Figure(figsize=(11, 4), layout="constrained")
    quality, gain = figure.subplots(1, 2, width_ratios=(3, 2))
    nothing = evaluation.estimate(NOTHING, 0)
    for strategy in (one for one in _SHOWN if one in evaluation.values):
        by_shown = [nothing, *(evaluation.estimate(strategy, shown) for shown in SHOWN)]
        is_ours = strategy == ADAPTIVE
        quality.errorbar(
            (0, *SHOWN),
            [one.mean for one in by_shown],
            [one.standard_error for one in by_shown],
            label=titles[strategy],
            color=_COLOURS.get(strategy),
            linewidth=2.5 if is_ours else 1.2,
            marker="o" if is_ours else ".",
        )
    quality.set(xlabel="items shown", ylabel="nDCG@20 of held-out likes", xticks=(0, *SHOWN))
    quality.grid(alpha=0.3)
    quality.legend(fontsize="small")
    by_range = calibration(evaluation.gains, _RANGES).tolist() if evaluation.gains else []
    for (expected, realised), start in zip(by_range, _RANGES, strict=False):
        gain.plot(expected, realised, "o", color=_COLOURS[ADAPTIVE])
        gain.annotate(f" from question {start + 1}", (expected, realised), fontsize="x-small")
    highest = max(max(gain.get_xlim()), max(gain.get_ylim()))
    gain.plot((0, highest), (0, highest), linewidth=0.8, color="#9aa0a6")
    gain.set(xlabel="expected gain of a question", ylabel="realised gain")
    gain.grid(alpha=0.3)
    write_figure(path, figure)
