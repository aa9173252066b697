"""Presets: named configurations of the estimator and its training."""

from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from model.estimator import EstimatorConfig


class TrainingConfig(BaseModel):
    """How θ is learnt."""

    model_config = ConfigDict(extra="forbid", frozen=True)

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


class Preset(BaseModel):
    """One named configuration."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str
    estimator: EstimatorConfig
    training: TrainingConfig

    def with_options(self, **options: Any) -> "Preset":  # noqa: ANN401 - checked below
        """Return a copy with some fields of `estimator` or `training` set; None leaves one.

        Args:
            **options: Field name → value.

        Returns:
            The validated copy.
        """
        given = {name: value for name, value in options.items() if value is not None}
        data = self.model_dump()
        for part in ("estimator", "training"):
            fields = data[part].keys()
            data[part] |= {name: value for name, value in given.items() if name in fields}
        return Preset.model_validate(data)


PRESETS = {
    preset.name: preset
    for preset in (Preset(name="melu", estimator=EstimatorConfig(), training=TrainingConfig()),)
}
DEFAULT_PRESET = "melu"
