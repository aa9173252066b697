"""Configuration of the preset `melu`."""

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field


class EstimatorConfig(BaseModel):
    """The shape of the estimator and its local update, as `melu train` writes it to the bundle."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    embedding_width: int = Field(default=16, ge=1)
    """Width of each feature's embedding."""
    hidden_widths: tuple[int, ...] = Field(default=(64, 64))
    """Widths of the decision layers below the output."""
    local_steps: int = Field(default=5, ge=0)
    """Steps of gradient descent on a user's support set."""
    local_learning_rate: float = Field(default=0.3, gt=0)
    """Step size of the local update, on ratings of zero mean and unit variance."""
    support_damping: float = Field(default=40.0, ge=0)
    """n₀ of the local update; 0 is the published mean over the support set."""


class TrainingConfig(BaseModel):
    """How θ is learnt."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    learning_rate: float = Field(default=0.003, gt=0)
    """Adam's step size in the global update."""
    weight_decay: float = Field(default=1e-4, ge=0)
    """L2 penalty of Adam."""
    batch_users: int = Field(default=16, ge=1)
    """Episodes a global update."""
    query_size: int = Field(default=20, ge=1)
    """Ratings in a training episode's query set."""
    support_limit: int = Field(default=60, ge=1)
    """Most ratings in a training episode's support set."""
    unknown_rate: float = Field(default=0.2, ge=0, lt=1)
    """Share of feature values shown as unknown, so that the unknown slot is learnt too."""
    second_order: bool = True
    """Exact meta-gradient; False is first-order MAML, cheaper and a little worse."""
    weight_averaging: float = Field(default=0.98, ge=0, lt=1)
    """Decay of the running average of θ over global updates; the average is what is kept."""
    epochs: int = Field(default=60, ge=1)
    """Most passes over the users."""
    patience: int = Field(default=6, ge=1)
    """Epochs without a better validation score after which training stops."""
    validation_share: float = Field(default=0.1, gt=0, lt=1)
    """Share of the training users held out to decide when to stop."""


class MeluPreset(BaseModel):
    """The estimator of the paper, with settings found on validation users."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    name: Literal["melu"] = "melu"
    estimator: EstimatorConfig = EstimatorConfig()
    training: TrainingConfig = TrainingConfig()
