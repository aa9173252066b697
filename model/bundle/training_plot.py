"""A picture of a training.

Whoever only serves a bundle draws nothing, so matplotlib is imported when there is a picture to
draw: it takes a tenth of the start of `melu serve`.
"""

from pathlib import Path

from model.bundle.reports import TrainingReport


def draw_training(report: TrainingReport, path: Path) -> None:
    """Draw loss and validation error over the epochs.

    Args:
        report: The training.
        path: PNG file to write.
    """
    from matplotlib.figure import Figure

    searched = [epoch for epoch in report.epochs if epoch.validation_mae]
    figure = Figure(figsize=(9 if searched else 5, 3.5), layout="constrained")
    loss_axes = figure.add_subplot(1, 2 if searched else 1, 1)
    for phase in dict.fromkeys(epoch.phase for epoch in report.epochs):
        epochs = [epoch for epoch in report.epochs if epoch.phase == phase]
        loss_axes.plot([e.epoch for e in epochs], [e.loss for e in epochs], ".-", label=phase)
    loss_axes.set(title="Query loss of the global updates", xlabel="epoch")
    loss_axes.legend()
    if searched:
        error_axes = figure.add_subplot(1, 2, 2)
        for size in searched[0].validation_mae or {}:
            errors = [(e.validation_mae or {})[size] for e in searched]
            error_axes.plot([e.epoch for e in searched], errors, ".-", label=f"{size} ratings")
        error_axes.set(title="MAE of held-out users by support size", xlabel="epoch")
        error_axes.axvline(report.best_epoch, color="grey", linestyle=":")
        error_axes.legend(fontsize="small")
    figure.savefig(path, dpi=120)
