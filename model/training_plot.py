"""A picture of a training."""

from pathlib import Path

from matplotlib.figure import Figure

from model.reports import TrainingReport


def draw_training(report: TrainingReport, path: Path) -> None:
    """Draw loss and validation error over the epochs.

    Args:
        report: The training.
        path: PNG file to write.
    """
    figure = Figure(figsize=(9, 3.5), layout="constrained")
    loss_axes, error_axes = figure.subplots(1, 2)
    for phase in ("search", "refit"):
        epochs = [epoch for epoch in report.epochs if epoch.phase == phase]
        loss_axes.plot([e.epoch for e in epochs], [e.loss for e in epochs], ".-", label=phase)
    loss_axes.set(title="Query loss of the global updates", xlabel="epoch")
    loss_axes.legend()
    searched = [epoch for epoch in report.epochs if epoch.validation_mae]
    for size in searched[0].validation_mae or {} if searched else {}:
        errors = [(e.validation_mae or {})[size] for e in searched]
        error_axes.plot([e.epoch for e in searched], errors, ".-", label=f"{size} ratings")
    error_axes.set(title="MAE of held-out users by support size", xlabel="epoch")
    if searched:
        error_axes.axvline(report.best_epoch, color="grey", linestyle=":")
        error_axes.legend(fontsize="small")
    figure.savefig(path, dpi=120)
