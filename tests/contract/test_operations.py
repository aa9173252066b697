"""Operations: what holds of one service holds of many."""

import httpx
import pytest

from tests.service.test_operations import (  # noqa: F401
    test_a_running_service_is_alive_and_ready,
    test_the_model_describes_itself,
    test_there_are_pages_for_people,
)
from tests.service.visitors import ok

pytestmark = pytest.mark.contract


def test_the_model_has_these_fields(client: httpx.Client):
    model = ok(client.get("/model"))

    assert {
        "version",
        "dataset",
        "preset",
        "rating_scale",
        "user_features",
        "item_features",
        "items",
        "metrics",
    } <= set(model)


def test_all_workers_serve_one_model(client: httpx.Client):
    assert len({ok(client.get("/model"))["version"] for _ in range(8)}) == 1
