"""Checkpoints of a training that is under way, to go on from where it was stopped."""

from model.training_checkpoints.checkpoints import NO_CHECKPOINT, Checkpoint, Checkpoints
from model.training_checkpoints.identity import identity_of
from model.training_checkpoints.state import TrainingState

__all__ = ["NO_CHECKPOINT", "Checkpoint", "Checkpoints", "TrainingState", "identity_of"]
