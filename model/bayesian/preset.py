"""Configuration of the preset `default`."""

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from model.relevance.config import RelevanceConfig


class EstimatorConfig(BaseModel):
    """The shape of the estimator, as `melu train` writes it to the bundle.

    Variances and dampings are in ratings brought to a range of 4.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    members: int = Field(default=2, ge=1)
    """Networks that are trained apart and averaged."""
    rating_factors: int = Field(default=16, ge=0)
    """Factors of the ratings (probabilistic PCA) that a representation starts from."""
    factor_ridge: float = Field(default=10.0, gt=0)
    """Penalty on those factors."""
    content_width: int = Field(default=64, ge=0)
    """Principal components of the content that a representation starts from."""
    content_variance: float = Field(default=0.1, gt=0)
    """How far tastes along the content go, a priori."""
    user_variance: float = Field(default=0.2, gt=0)
    """How far users' mean ratings go apart, a priori."""
    noise: float = Field(default=0.7, gt=0)
    """Variance of a single rating around a user's taste, before training."""
    item_damping: float = Field(default=5.0, gt=0)
    """Damping of the item bias, before training."""
    encoder_width: int = Field(default=128, ge=1)
    """Hidden width of the item encoder."""
    cooccurrence_factors: int = Field(default=32, ge=0)
    """Factors of who rated what, whatever the ratings."""
    set_inputs: int = Field(default=32, ge=1)
    """Width of an item's contribution to the summary of a support set."""
    set_width: int = Field(default=64, ge=1)
    """Hidden width of the summary of a support set."""
    hidden_width: int = Field(default=32, ge=1)
    """Width of the hidden decision layer."""
    local_steps: int = Field(default=3, ge=0)
    """Gradient steps of the local update after its Bayesian start."""


class TrainingConfig(BaseModel):
    """How θ is learnt."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    learning_rate: float = Field(default=1e-3, gt=0)
    """Adam's largest step size; it rises and falls over the training (one cycle)."""
    epochs: int = Field(default=20, ge=1)
    """Passes over the users."""
    global_updates: int = Field(default=400, ge=1)
    """Global updates at least; small data sets take more epochs."""
    most_global_updates: int = Field(default=2_000, ge=1)
    """Global updates at most, but for those of one epoch: of many users, fewer epochs tell as
    much."""
    batch_users: int = Field(default=64, ge=1)
    """Episodes a global update."""
    support_limit: int = Field(default=90, ge=1)
    """Most ratings in a training episode's support set."""
    query_size: int = Field(default=40, ge=1)
    """Most ratings in a training episode's query set."""
    cold_episodes: float = Field(default=0.15, ge=0, le=1)
    """Share of episodes in which every item is shown as if it were new."""
    cold_items: float = Field(default=0.05, ge=0, le=1)
    """Share of single items shown as if they were new."""
    unknown_rate: float = Field(default=0.1, ge=0, lt=1)
    """Share of user features shown as unknown."""
    huber_width: float = Field(default=0.25, gt=0)
    """Where the query loss turns from squared to absolute."""
    folds: int = Field(default=5, ge=2)
    """Parts of the users; an episode sees factors that were fitted without its part."""
    dropout: float = Field(default=0.1, ge=0, lt=1)
    """Drop-out in the item encoder."""
    set_dropout: float = Field(default=0.3, ge=0, lt=1)
    """Drop-out in the summary of a support set."""


class BayesianPreset(BaseModel):
    """MeLU with a Bayesian start of the local update."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    name: Literal["default"] = "default"
    estimator: EstimatorConfig = EstimatorConfig()
    training: TrainingConfig = TrainingConfig()
    relevance: RelevanceConfig = RelevanceConfig()
