"""An evaluation as JSON."""

from dataclasses import asdict
from typing import Any

from model.evaluation import (
    GAINS,
    NDCG_CUTOFFS,
    NDCG_METRICS,
    Evaluation,
    Results,
    unadapted,
)

_RANKING_METRIC = "ndcg_exp@5"
_PAIRED_METRICS = ("mae", "rmse", *NDCG_METRICS, "recall@20", "ndcg@20")


def as_json(evaluation: Evaluation, about: dict[str, Any]) -> dict[str, Any]:
    """Write an evaluation down.

    Args:
        evaluation: What was found.
        about: Data set, split, regime, seeds, machine; stands first.

    Returns:
        What JSON is made of.
    """
    return about | {
        "presets": list(evaluation.presets),
        "training_ratings": evaluation.training_ratings,
        "baseline_settings": evaluation.baseline_settings,
        "left_out": [
            {"seed": seed, "state": state, "episodes": episodes}
            for seed, state, episodes in evaluation.too_few
        ],
        "states": {
            state: {
                "episodes": results.episodes,
                "users": len(set(results.users)),
                "models": {model: _metrics(results, model) for model in results.values},
                "best_baseline": evaluation.best_baseline(results),
                "paired": _paired(evaluation, results),
            }
            for state, results in evaluation.states.items()
        },
        "few_shot": _few_shot(evaluation),
    }


def _metrics(results: Results, model: str) -> dict[str, Any]:
    def mean(metric: str) -> float:
        return results.estimate(model, metric).mean

    return {
        "mae": mean("mae"),
        "rmse": mean("rmse"),
        **{gain: {str(k): mean(f"{gain}@{k}") for k in NDCG_CUTOFFS} for gain in GAINS},
        "recall@20": mean("recall@20"),
        "ndcg@20": mean("ndcg@20"),
        "standard_error": {
            metric: results.estimate(model, metric).standard_error for metric in _PAIRED_METRICS
        },
    }


def _paired(evaluation: Evaluation, results: Results) -> dict[str, Any]:
    def against(preset: str, other: str) -> dict[str, Any]:
        return {
            metric: asdict(results.difference(preset, other, metric)) for metric in _PAIRED_METRICS
        }

    best = evaluation.best_baseline(results)
    ranked_best = evaluation.best_baseline(results, _RANKING_METRIC)
    return {
        preset: {
            "best_baseline": {"baseline": best, **against(preset, best)},
            "best_ranking_baseline": {"baseline": ranked_best, **against(preset, ranked_best)},
            "theta_alone": against(preset, unadapted(preset)),
            **{baseline: against(preset, baseline) for baseline in evaluation.baselines},
        }
        for preset in evaluation.presets
    }


def _few_shot(evaluation: Evaluation) -> dict[str, Any]:
    few_shot = evaluation.few_shot
    models = next(iter(few_shot.values())).values if few_shot else {}

    def against(preset: str, other: str | None, metric: str) -> list[dict[str, Any]]:
        found = []
        for results in few_shot.values():
            name = other or evaluation.best_baseline(results)
            found.append({"model": name, **asdict(results.difference(preset, name, metric))})
        return found

    return {
        "k": list(few_shot),
        **{
            metric: {
                model: [results.estimate(model, metric).mean for results in few_shot.values()]
                for model in models
            }
            for metric in ("mae", "rmse", *NDCG_METRICS)
        },
        "paired": {
            preset: {
                name: {metric: against(preset, other, metric) for metric in ("mae", "ndcg_exp@5")}
                for name, other in (("best_baseline", None), ("theta_alone", unadapted(preset)))
            }
            for preset in evaluation.presets
        },
    }
