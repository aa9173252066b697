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
