import asyncio
import logging
from pathlib import Path

import httpx
import pytest

from app.main import create_app
from app.settings import Settings

SECRET = "a password"


async def call_what_fails(bundle: Path, headers: dict[str, str]) -> httpx.Response:
    app = create_app(Settings(model=bundle, store_url="unix:///nowhere"))

    @app.get("/fails")
    async def fails() -> None:
        raise RuntimeError(SECRET)

    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as client:
        return await client.get("/fails", headers=headers)


def test_is_a_problem_that_gives_nothing_away(bundle: Path):
    response = asyncio.run(call_what_fails(bundle, {}))

    assert response.status_code == 500
    assert response.headers["content-type"] == "application/problem+json"
    assert response.json()["code"] == "internal_error"
    assert response.headers["connection"] == "close"
    assert SECRET not in response.text
    assert "Traceback" not in response.text


def test_can_be_found_in_the_log_by_its_request_id(bundle: Path, caplog: pytest.LogCaptureFixture):
    with caplog.at_level(logging.ERROR):
        response = asyncio.run(call_what_fails(bundle, {"X-Request-ID": "find-me"}))

    assert response.headers["x-request-id"] == "find-me"
    assert "find-me" in caplog.text
