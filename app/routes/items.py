"""`/items`."""

from fastapi import APIRouter, Response

from app.dependencies import ServicesDep
from app.problems import (
    InvalidAttribute,
    InvalidBody,
    InvalidCursor,
    InvalidFilter,
    InvalidParameter,
    ModelUnavailable,
    Overloaded,
    PayloadTooLarge,
    StoreUnavailable,
    UnknownAttribute,
    UnknownItem,
    problem_responses,
)
from app.routes.json_bodies import NamedOnceRoute
from app.schemas.items import (
    BulkParameters,
    Item,
    ItemContent,
    ItemPage,
    ItemParameters,
    ItemsPut,
    ItemsRequest,
    PutItem,
)
from app.schemas.values import ItemId

router = APIRouter(prefix="/items", tags=["items"], route_class=NamedOnceRoute)


@router.get(
    "",
    summary="Search titles as you type",
    responses=problem_responses(
        InvalidCursor,
        InvalidParameter,
        InvalidFilter,
        UnknownAttribute,
        ModelUnavailable,
        Overloaded,
    ),
)
async def get_items(query: ItemParameters, services: ServicesDep) -> ItemPage:
    """Items in whose title every word of `query` begins some word, the best matches first.

    Accents, apostrophes and other signs do not matter, nor whether a number is a word or digits.
    Where that finds little, two words may be one and one word two, and a key may have slipped once.
    """
    return await services.items.find(query)


@router.post(
    "",
    summary="Add or change many items",
    responses=problem_responses(
        InvalidBody,
        UnknownAttribute,
        InvalidAttribute,
        PayloadTooLarge,
        StoreUnavailable,
        ModelUnavailable,
    ),
)
async def post_items(items: ItemsRequest, query: BulkParameters, services: ServicesDep) -> ItemsPut:
    """Up to 1,000 items, all or none; each as PUT takes it."""
    if query.dry_run:
        return await services.items.try_all(items.items)
    return await services.items.put_all(items.items)


@router.get(
    "/{item_id}",
    summary="Show one item",
    responses=problem_responses(UnknownItem, ModelUnavailable),
)
async def get_item(item_id: ItemId, services: ServicesDep) -> Item:
    """Title and attributes."""
    return await services.items.get(item_id)


@router.put(
    "/{item_id}",
    summary="Add or change an item",
    responses={
        201: {"model": PutItem, "description": "The item is new."},
        **problem_responses(
            InvalidBody, UnknownAttribute, InvalidAttribute, StoreUnavailable, ModelUnavailable
        ),
    },
)
async def put_item(
    item_id: ItemId, content: ItemContent, services: ServicesDep, response: Response
) -> PutItem:
    """The next request of every worker and replica scores it by its content, without training.

    Title and attributes replace those before. An item that was in the training data keeps what
    the model learned from its ratings. Values that training never saw are kept, and named in
    `warnings`.
    """
    is_new, item = await services.items.put(item_id, content)
    response.status_code = 201 if is_new else 200
    return item


@router.delete(
    "/{item_id}",
    summary="Delete an item",
    status_code=204,
    responses=problem_responses(UnknownItem, StoreUnavailable, ModelUnavailable),
)
async def delete_item(item_id: ItemId, services: ServicesDep) -> None:
    """It is never recommended, found or asked about again, until it is put again."""
    await services.items.delete(item_id)
