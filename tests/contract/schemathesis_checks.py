"""Checks of our own for schemathesis; SCHEMATHESIS_HOOKS names this file."""

import json
from contextlib import suppress
from http import HTTPStatus
from typing import Any
from urllib.parse import unquote

import schemathesis
from schemathesis import Case, CheckContext, HookContext
from schemathesis.core.failures import Failure
from schemathesis.core.parameters import ParameterLocation
from schemathesis.core.transport import Response
from schemathesis.specs.openapi.checks import (
    negative_data_rejection,
    positive_data_acceptance,
)

from model.catalogue.identifiers import is_valid_id

# What only the data set or an earlier answer knows, so that no schema can tell it.
BEYOND_THE_SCHEMA = {
    "unknown_item",
    "unknown_attribute",
    "unknown_action",
    "unknown_scenario",
    "invalid_screen",
    "invalid_comparison",
    "unknown_group",
    "invalid_attribute",
    "rating_out_of_range",
    "invalid_cursor",
    "same_user",
}
_OF_SIZE = frozenset({HTTPStatus.REQUEST_URI_TOO_LONG, HTTPStatus.REQUEST_ENTITY_TOO_LARGE})


@schemathesis.check
def valid_data_is_refused_only_for_what_no_schema_can_tell(
    ctx: CheckContext, response: Response, case: Case
) -> bool | None:
    """Stands in for `positive_data_acceptance`, which takes every refusal for a failure."""
    if _sends_unprintable_characters(response):
        return None
    if response.status_code == HTTPStatus.REQUEST_ENTITY_TOO_LARGE:
        return None  # each part is within its bounds, and the whole is not
    if response.status_code in (400, 422) and response.json()["code"] in BEYOND_THE_SCHEMA:
        return None
    return positive_data_acceptance(ctx, response, case)


@schemathesis.check
def invalid_data_is_refused(ctx: CheckContext, response: Response, case: Case) -> bool | None:
    """Stands in for `negative_data_rejection`, which takes letters of some scripts for none."""
    if response.status_code in _OF_SIZE:
        return None  # a refusal too, which schemathesis does not know of
    if "" in (case.query or {}).values():
        return None  # a parameter that is sent empty is one not sent
    try:
        return negative_data_rejection(ctx, response, case)
    except Failure:
        ids = case.path_parameters.values()
        if ids and _only_the_path_is_invalid(case) and all(is_valid_id(one) for one in ids):
            return None
        raise


@schemathesis.hook
def map_query(ctx: HookContext, query: dict[str, Any] | None) -> dict[str, Any] | None:
    """Let items that are sent be stored: what a dry run tells of is not there to go on with."""
    if query and ctx.operation is not None and ctx.operation.label == "POST /items":
        return {name: value for name, value in query.items() if name != "dry_run"}
    return query


def _only_the_path_is_invalid(case: Case) -> bool:
    if case.meta is None:
        return False
    modes = {place: one.mode for place, one in case.meta.components.items()}
    return {place for place, mode in modes.items() if mode.is_negative} == {ParameterLocation.PATH}


def _sends_unprintable_characters(response: Response) -> bool:
    """Which characters are printable only Unicode's tables tell; the pattern of ids is simpler."""
    text = unquote(response.request.url or "")
    with suppress(ValueError):
        text += json.dumps(json.loads(response.request.body or b"null"), ensure_ascii=False)
    return not text.isprintable()
