import logging
from datetime import UTC, datetime
from pathlib import Path

import pytest

from app.problems import StoreUnavailable
from app.store import UserStore, close_store, connect_store
from tests.running import running_redis

pytestmark = pytest.mark.anyio


async def test_it_is_unavailable_until_the_server_takes_it_and_never_logged(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
):
    with running_redis(tmp_path) as url:
        admin = connect_store(url, timeout_seconds=1, connections=1)
        await admin.config_set("requirepass", "another")
        client = connect_store(url.replace("//", "//:hush-hush@"), timeout_seconds=1, connections=4)
        store = UserStore(client)

        with caplog.at_level(logging.DEBUG):
            for call in (store.get("u"), store.put_profile("u", {}, datetime.now(UTC))):
                with pytest.raises(StoreUnavailable) as caught:
                    await call
                assert "hush-hush" not in caught.value.detail
        assert "hush-hush" not in caplog.text
        await admin.config_set("requirepass", "hush-hush")

        assert await store.get("u") is None
        for one in (admin, client):
            await close_store(one)
