"""An evaluation as one self-contained page."""

import base64
import html
import io
from collections.abc import Sequence

from matplotlib.figure import Figure

from model.evaluation import FEW_SHOT_STATE, Evaluation, Results, unadapted
from scripts.evaluation.published import PublishedRow
from scripts.evaluation.titles import STATE_TITLES, difference, model_title, number

_PRESET_COLOURS = ("#c2410c", "#1d4ed8", "#15803d", "#7e22ce")
_FLOOR_COLOUR, _PUBLISHED_COLOUR = "#94a3b8", "#d6c9a8"
_UNDRAWN = ("random", "global_mean", "popularity")
_LEGEND = (
    "exp, lin: nDCG of the query set with gain 2^y − 1 and with gain y. Recall@20, nDCG@20: of the "
    "liked query items among the whole catalogue. Published numbers come from other draws of users "
    "and ratings; only paired differences compare models."
)
_METRICS = {
    "mae": "MAE",
    "rmse": "RMSE",
    "ndcg_exp@1": "nDCG@1 exp",
    "ndcg_exp@3": "nDCG@3 exp",
    "ndcg_exp@5": "nDCG@5 exp",
    "ndcg_exp@10": "nDCG@10 exp",
    "ndcg_lin@1": "nDCG@1 lin",
    "ndcg_lin@3": "nDCG@3 lin",
    "ndcg_lin@5": "nDCG@5 lin",
    "recall@20": "Recall@20",
    "ndcg@20": "nDCG@20",
}
_STYLE = """
body { font: 16px/1.5 system-ui, sans-serif; max-width: 72rem; margin: 2rem auto; padding: 0 1rem;
       color: #1e293b; background: #fff; }
h1, h2 { line-height: 1.2; } h2 { margin-top: 2.5rem; }
img { width: 100%; height: auto; }
.wide { overflow-x: auto; }
table { border-collapse: collapse; font-size: .85rem; font-variant-numeric: tabular-nums; }
th, td { padding: .2rem .6rem; text-align: right; white-space: nowrap; }
th:first-child, td:first-child { text-align: left; }
thead th { border-bottom: 2px solid #cbd5e1; } tbody tr:nth-child(even) { background: #f1f5f9; }
.published td { color: #785f1c; } caption { text-align: left; padding: .3rem 0; font-weight: 600; }
"""


def as_page(
    evaluation: Evaluation, name: str, summary: Sequence[str], published: Sequence[PublishedRow]
) -> str:
    """Write tables and pictures as HTML that needs no other file.

    Args:
        evaluation: What was found.
        name: The data set.
        summary: Paragraphs on how it was found.
        published: Others' results on the same data.

    Returns:
        The page.
    """
    parts = [f"<p>{html.escape(line)}</p>" for line in summary]
    if evaluation.few_shot:
        parts.append(f"<h2>After a few ratings ({FEW_SHOT_STATE})</h2>")
        parts.append(_picture(_few_shot_figure(evaluation), "MAE by support ratings"))
        parts.append(_few_shot_table(evaluation))
    for state, results in evaluation.states.items():
        rows = [row for row in published if row.state == state]
        parts.append(f"<h2>{html.escape(STATE_TITLES[state])}</h2>")
        parts.append(_picture(_bars(evaluation, results, rows), f"MAE in {state}"))
        parts.append(_metrics_table(evaluation, results, rows))
        parts.append(_paired_table(evaluation, results))
    parts.append(f"<p>{_LEGEND}</p>")
    title = f"Evaluation on {html.escape(name)}"
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{title}</title>\n<style>{_STYLE}</style>\n</head>\n<body>\n<h1>{title}</h1>\n"
        + "\n".join(parts)
        + "\n</body>\n</html>\n"
    )


def _colours(evaluation: Evaluation) -> dict[str, str]:
    """Preset → colour; its θ alone has the same one."""
    colours: dict[str, str] = {}
    for place, preset in enumerate(evaluation.presets):
        colour = _PRESET_COLOURS[place % len(_PRESET_COLOURS)]
        colours |= {preset: colour, unadapted(preset): colour}
    return colours


def _few_shot_figure(evaluation: Evaluation) -> Figure:
    figure = Figure(figsize=(9, 4.5), layout="constrained")
    axes = figure.subplots()
    colours = _colours(evaluation)
    few_shot = evaluation.few_shot
    places = range(len(few_shot))
    baselines = [f for f in evaluation.baseline_settings[0] if f not in _UNDRAWN]
    for place, baseline in enumerate(baselines):
        mean = [results.estimate(baseline, "mae").mean for results in few_shot.values()]
        shade = str(0.35 + 0.35 * place / max(len(baselines) - 1, 1))
        marker = "os^Dv*"[place % 6]
        axes.plot(
            places,
            mean,
            f"{marker}-",
            color=shade,
            lw=1,
            ms=4,
            label=model_title(evaluation, baseline),
        )
    for preset in evaluation.presets:
        found = [results.estimate(preset, "mae") for results in few_shot.values()]
        axes.errorbar(
            places,
            [estimate.mean for estimate in found],
            yerr=[estimate.standard_error for estimate in found],
            fmt="o-",
            color=colours[preset],
            lw=2,
            capsize=3,
            label=model_title(evaluation, preset),
        )
    axes.set_xticks(list(places), [str(size) for size in few_shot])
    axes.set(xlabel="support ratings", ylabel="MAE (lower is better)")
    axes.grid(axis="y", alpha=0.3)
    axes.legend(fontsize="small", loc="center left", bbox_to_anchor=(1, 0.5))
    return figure


def _bars(
    evaluation: Evaluation,
    results: Results,
    published: Sequence[PublishedRow],
) -> Figure:
    colours = _colours(evaluation)
    bars = [
        (
            model_title(evaluation, model),
            results.estimate(model, "mae"),
            colours.get(model, _FLOOR_COLOUR),
            0.45 if model in map(unadapted, evaluation.presets) else 1.0,
        )
        for model in results.values
        if model != "random"
    ]
    figure = Figure(figsize=(9, 0.6 + 0.3 * (len(bars) + len(published))), layout="constrained")
    axes = figure.subplots()
    for title, estimate, colour, alpha in bars:
        error = estimate.standard_error
        axes.barh(title, estimate.mean, color=colour, alpha=alpha, xerr=error, ecolor="#334155")
    lengths = [estimate.mean for _, estimate, _, _ in bars]
    for row in published:
        if "mae" in row.metrics:
            lengths.append(row.metrics["mae"])
            title = f"published: {row.model}"
            axes.barh(title, lengths[-1], color=_PUBLISHED_COLOUR, hatch="//")
    for place, length in enumerate(lengths):
        axes.annotate(
            f"{length:.3f}", (length, place), xytext=(9, 0), textcoords="offset points", va="center"
        )
    axes.invert_yaxis()
    axes.margins(x=0.1)
    axes.set(xlabel="MAE (lower is better)")
    return figure


def _picture(figure: Figure, words: str) -> str:
    stream = io.BytesIO()
    figure.savefig(stream, format="png", dpi=150)
    data = base64.b64encode(stream.getvalue()).decode()
    return f'<img src="data:image/png;base64,{data}" alt="{html.escape(words)}">'


def _table(
    caption: str, heads: Sequence[str], rows: Sequence[Sequence[str]], published: int = 0
) -> str:
    """Write a table whose last `published` rows are others'."""

    def cells(tag: str, values: Sequence[str]) -> str:
        return "".join(f"<{tag}>{html.escape(value)}</{tag}>" for value in values)

    own = len(rows) - published
    body = "".join(f"<tr>{cells('td', row)}</tr>" for row in rows[:own])
    body += "".join(f"<tr class='published'>{cells('td', row)}</tr>" for row in rows[own:])
    return (
        f'<div class="wide"><table><caption>{html.escape(caption)}</caption>'
        f"<thead><tr>{cells('th', heads)}</tr></thead><tbody>{body}</tbody></table></div>"
    )


def _metrics_table(
    evaluation: Evaluation,
    results: Results,
    published: Sequence[PublishedRow],
) -> str:
    rows = [
        [
            model_title(evaluation, model),
            *(number(results.estimate(model, metric).mean) for metric in _METRICS),
        ]
        for model in results.values
    ]
    for row in published:
        values = (f"{row.metrics[m]:g}" if m in row.metrics else "" for m in _METRICS)
        rows.append([f"{row.model}: {row.source}", *values])
    caption = f"{results.episodes:,} episodes"
    return _table(caption, ["", *_METRICS.values()], rows, len(published))


def _paired_table(evaluation: Evaluation, results: Results) -> str:
    best = evaluation.best_baseline(results)
    rows = []
    for preset in evaluation.presets:
        for other in (best, unadapted(preset)):
            mark = ", the best baseline" if other == best else ""
            rows.append(
                [
                    f"{model_title(evaluation, preset)} − {model_title(evaluation, other)}{mark}",
                    *(
                        difference(results.difference(preset, other, m))
                        for m in ("mae", "ndcg_exp@5")
                    ),
                ]
            )
    return _table("Paired differences on the same queries", ["", "MAE", "nDCG@5 exp"], rows)


def _few_shot_table(evaluation: Evaluation) -> str:
    few_shot = evaluation.few_shot
    rows = [
        [
            model_title(evaluation, model),
            *(number(r.estimate(model, "mae").mean) for r in few_shot.values()),
        ]
        for model in next(iter(few_shot.values())).values
    ]
    for preset in evaluation.presets:
        cells = (
            difference(results.difference(preset, evaluation.best_baseline(results), "mae"))
            for results in few_shot.values()
        )
        rows.append([f"{model_title(evaluation, preset)} − best baseline", *cells])
    return _table("MAE after k support ratings", ["", *(f"k = {k}" for k in few_shot)], rows)
