"""The catalogue."""

from typing import Annotated, Any, Literal

from fastapi import Query
from pydantic import (
    BaseModel,
    ConfigDict,
    FailFast,
    Field,
)

from app.schemas.values import (
    EXAMPLE_ITEM,
    MAX_ITEMS,
    Attributes,
    Cursor,
    Filter,
    Id,
    Limit,
    StrictRequest,
    Text,
    Title,
    example,
)


class Item(BaseModel):
    """One item of the catalogue."""

    model_config = example(**EXAMPLE_ITEM)

    item_id: str
    title: str
    attributes: dict[str, Any]


class ItemContent(StrictRequest):
    """Title and attributes of an item."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{name: EXAMPLE_ITEM[name] for name in ("title", "attributes")}]
        }
    )

    title: Title
    attributes: Attributes = Field(default_factory=dict)


class BulkItem(ItemContent):
    """One of many items."""

    model_config = ConfigDict(json_schema_extra={"examples": [EXAMPLE_ITEM]})

    item_id: Id


class ItemsRequest(StrictRequest):
    """Items to add or change, all or none."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"items": [EXAMPLE_ITEM]}]})

    # The first bad item is told: each takes time, and there may be thousands.
    items: Annotated[list[BulkItem], FailFast()] = Field(min_length=1, max_length=MAX_ITEMS)


class PutItem(Item):
    """An item after a PUT."""

    warnings: list[str] = Field(description="Values that training never saw.")


class ItemChange(BaseModel):
    """What a bulk call would do to an item."""

    item_id: str
    change: Literal["new", "changed", "same"]
    fields: list[str] = Field(
        description="`title` and names of attributes that would be other than before."
    )
    warnings: list[str] = Field(description="Values that training never saw.")


class ItemsPut(BaseModel):
    """The outcome of a bulk call: all items are stored, or with `dry_run` none."""

    created: int = Field(description="Items that are new.")
    updated: int = Field(description="Items that were there before.")
    changes: list[ItemChange] | None = Field(
        default=None,
        exclude_if=lambda changes: changes is None,
        description="With `dry_run` alone: what would become of each item.",
    )


class BulkQuery(StrictRequest):
    """Parameters of a bulk call."""

    dry_run: bool = Field(
        default=False, description="Check the items and tell what would change; store nothing."
    )


BulkParameters = Annotated[BulkQuery, Query()]


class ItemPage(BaseModel):
    """Items that match a search, the best matches first."""

    model_config = example(items=[EXAMPLE_ITEM], next_cursor="WyI3ZjQ…")

    items: list[Item]
    next_cursor: str | None = Field(description="Pass as `cursor` for the next page.")


class ItemQuery(StrictRequest):
    """Parameters of a search."""

    query: Text = Field(
        default="",
        description="Beginnings of words of the title; one slip of the key is forgiven.",
    )
    filter: Filter = Field(default=[])
    since_training: bool = Field(
        default=False, description="Only items that were added after the training."
    )
    limit: Limit = 20
    cursor: Cursor = None


ItemParameters = Annotated[ItemQuery, Query()]
