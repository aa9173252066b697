"""Health and model."""

from datetime import datetime
from typing import Any, Literal

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    SerializerFunctionWrapHandler,
    model_serializer,
)

from model.orders import Order


class Health(BaseModel):
    """The process is alive."""

    status: Literal["ok"] = "ok"


class Readiness(BaseModel):
    """Store and model can be used."""

    status: Literal["ready"] = "ready"
    store: Literal["ok", "read_only"] = Field(
        default="ok",
        description="`read_only`: recommendations are served, and writes are answered 503.",
    )
    store_refusal: str | None = Field(
        default=None, description="Why the store takes no writes, as the store puts it."
    )
    model: str = Field(description="Version of the loaded bundle.")
    candidate: str | None = Field(
        default=None,
        description="What is compared with it: the version of a bundle, or `prior`.",
    )
    scarce: list[str] | None = Field(
        default=None,
        description="What this process (`descriptors`, `memory`, `threads`) or the embedded store "
        "(`disk`) has nearly run out of.",
    )
    warnings: list[str] | None = Field(
        default=None, description="What of the store and the settings an operator should know."
    )


class FeatureDescription(BaseModel):
    """A feature that the model knows."""

    kind: str
    values: list[str] | None = Field(default=None, description="Its categories, if they are few.")
    minimum: float | None = None
    maximum: float | None = None

    @model_serializer(mode="wrap")
    def _leave_out_what_is_not_said(self, handler: SerializerFunctionWrapHandler) -> dict[str, Any]:
        shown: dict[str, Any] = handler(self)
        return {name: value for name, value in shown.items() if value is not None}


class ItemNoun(BaseModel):
    """What people call the items."""

    one: str = "item"
    many: str = "items"


class ModelDescription(BaseModel):
    """The loaded bundle."""

    model_config = ConfigDict(protected_namespaces=())

    version: str
    dataset: str
    preset: str
    orders: tuple[Order, ...] = Field(
        description="What recommendations can be ordered by; the first is the default."
    )
    rating_scale: tuple[float, float] | None = Field(
        description="Lowest and highest rating; null where the data have no ratings."
    )
    user_features: dict[str, FeatureDescription]
    item_features: dict[str, FeatureDescription]
    items: int
    item_noun: ItemNoun = Field(description="What people call one item, and several.")
    metrics: dict[str, float]
    created_at: datetime


class ModelReloaded(BaseModel):
    """The outcome of a reload."""

    version: str = Field(description="Of the bundle that answers now.")
    previous_version: str | None = Field(description="Of the one that answered before.")
    candidate_version: str | None = Field(
        default=None,
        exclude_if=lambda version: version is None,
        description="Of the candidate's bundle that answers now; left out without one.",
    )


class TrainingEpoch(BaseModel):
    """One pass of a training over the users."""

    phase: str = Field(description="What the pass was for, such as `search` or `refit`.")
    epoch: int
    epochs: int = Field(description="Most that this phase might take.")
    loss: float
    validation_mae: dict[str, float] | None = Field(
        description="Support size → MAE of held-out users; null where none were held out."
    )
    seconds: float
    list_quality: float | None = Field(
        description="nDCG@20 of held-out users after five ratings; null where none were held out."
    )


class Training(BaseModel):
    """The course of a training."""

    seed: int
    users: int
    ratings: int
    validation_users: int
    best_epoch: int
    seconds: float
    epochs: list[TrainingEpoch] = Field(description="Of predicted ratings.")
    relevance: list[TrainingEpoch] = Field(description="Of what is chosen.")


class ModelCard(BaseModel):
    """How the loaded bundle came to be."""

    version: str
    preset: dict[str, Any] = Field(description="The preset's name and its whole configuration.")
    training: Training | None = Field(
        description="Null where the bundle's `training.json` is missing or was altered."
    )


class OnboardingStep(BaseModel):
    """Calls for questions by users who had given that many answers."""

    answers: str = Field(description="`0` to `9`, and `10+`.")
    calls: int
    enough: int = Field(description="Of these calls, how many said `enough`.")


class OnboardingAnswers(BaseModel):
    """Answers to questions, by what they say."""

    known: int = 0
    unseen: int = 0
    skipped: int = 0
    compared: int = Field(default=0, description="Pairs and groups.")


class AskedItem(BaseModel):
    """An item of the onboarding, and what became of it."""

    item_id: str
    title: str
    shown: int = Field(description="Lists of questions that it stood on.")
    known: int
    unseen: int
    skipped: int


class OnboardingReport(BaseModel):
    """Questions and answers since the service started."""

    steps: list[OnboardingStep]
    answers: OnboardingAnswers
    items: list[AskedItem] = Field(description="The 50 that were shown most.")
