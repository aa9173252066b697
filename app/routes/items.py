"""`/items`."""

from fastapi import APIRouter

from app.dependencies import ServicesDep
from app.problems import (
    InvalidCursor,
    InvalidFilter,
    InvalidParameter,
    ModelUnavailable,
    UnknownAttribute,
    UnknownItem,
    problem_responses,
)
from app.schemas import Item, ItemId, ItemPage, ItemParameters

router = APIRouter(prefix="/items", tags=["items"])


@router.get(
    "",
    summary="Search titles as you type",
    responses=problem_responses(
        InvalidCursor, InvalidParameter, InvalidFilter, UnknownAttribute, ModelUnavailable
    ),
)
async def get_items(query: ItemParameters, services: ServicesDep) -> ItemPage:
    """Items in whose title every word of `query` begins some word, most popular first."""
    return services.items.find(query)


@router.get(
    "/{item_id}",
    summary="Show one item",
    responses=problem_responses(UnknownItem, ModelUnavailable),
)
async def get_item(item_id: ItemId, services: ServicesDep) -> Item:
    """Title and attributes."""
    return services.items.get(item_id)
