"""Whatever an answer follows from is in its names: a change of any of it is another answer."""

from dataclasses import fields, replace
from pathlib import Path

import pytest

from app.services.recommendations.fingerprint import Fingerprint, cache_key, digest_of_settings
from app.settings import RANKING_SETTINGS, Settings
from tests.running import Service
from tests.service.visitors import Visitor, ok

FINGERPRINT = Fingerprint(
    model="model 7",
    settings="settings",
    arm="current",
    owner="ann",
    revision="r1",
    ranking='{"diversity":0.0}',
    page='{"diversity":0.0,"limit":20}',
    until=7200,
)
ONLY_OF_A_PAGE = {"page", "until"}
ONLY_OF_AN_OWNER = {"owner", "revision"}
# These change how fast, how long or for whom, but not what is answered.
OTHER_SETTINGS = {
    *("host", "port", "workers", "insecure", "cors_origins", "allowed_hosts"),
    *("demo", "admin", "public_url", "image_origins"),
    *(
        "max_body_bytes",
        "keep_alive_seconds",
        "silent_seconds",
        "max_connections",
        "store_rewrite_hours",
        "store_wait_replicas",
        "erasure_log",
        "scenarios",  # a list follows from the parameters that they stand for
    ),
    *("api_keys", "token_secret", "token_seconds", "rate_limit", "key_rate_limit"),
    *("log_level", "log_format", "log_requests", "log_salt", "tracing"),
    *("model", "model_watch_seconds", "compute_threads", "compute_queue"),
    *("cache_megabytes", "cache_seconds", "list_seconds", "feedback_limit", "user_expiry_days"),
    "onboarding_enough",
    *("store_url", "store_folder", "store_fsync", "store_timeout_seconds", "store_connections"),
}


@pytest.mark.parametrize("name", [field.name for field in fields(Fingerprint)])
def test_another_value_of_any_part_is_another_answer(name: str):
    value = getattr(FINGERPRINT, name)
    other = replace(FINGERPRINT, **{name: value + 1 if isinstance(value, int) else value + "x"})

    assert other.etag != FINGERPRINT.etag
    assert (other.list_id != FINGERPRINT.list_id) == (name not in ONLY_OF_A_PAGE)
    # The cache holds one revision of an owner: both are looked up beside the key.
    if name in ONLY_OF_AN_OWNER | {"ranking"}:
        assert other.cache_key == FINGERPRINT.cache_key
    else:
        assert other.cache_key != FINGERPRINT.cache_key


def test_equal_parts_are_one_answer():
    same = replace(FINGERPRINT)

    assert (same.etag, same.list_id, same.cache_key) == (
        FINGERPRINT.etag,
        FINGERPRINT.list_id,
        FINGERPRINT.cache_key,
    )
    assert FINGERPRINT.cache_key == cache_key(
        FINGERPRINT.model,
        FINGERPRINT.settings,
        FINGERPRINT.arm,
        FINGERPRINT.page,
        FINGERPRINT.until,
    )


def test_the_digest_of_settings_follows_from_each_of_them_and_from_the_release():
    settings = dict.fromkeys(RANKING_SETTINGS, 1)
    digests = {digest_of_settings("1.0", settings), digest_of_settings("1.1", settings)}
    digests |= {digest_of_settings("1.0", settings | {name: 2}) for name in settings}

    assert len(digests) == 2 + len(RANKING_SETTINGS)


def test_of_every_setting_it_is_said_whether_it_changes_a_ranking():
    assert set(Settings.model_fields) == RANKING_SETTINGS | OTHER_SETTINGS
    assert not RANKING_SETTINGS & OTHER_SETTINGS


def test_a_restart_with_another_setting_is_another_answer(bundle: Path, tmp_path: Path):
    def listed(**environment: str) -> tuple[str, str, list[str], int]:
        service = Service(bundle, tmp_path / "service", environment).start()
        try:
            with service.client() as client:
                visitor = Visitor(client, "ann")
                if not environment:
                    visitor.tell({"item_id": "0", "action": "click"})
                answer = visitor.get("recommendations", limit=200)
                tag = held or answer.headers["etag"]
                again = client.get(
                    f"{visitor.path}/recommendations?limit=200", headers={"If-None-Match": tag}
                )
                found = ok(answer)
                ids = [item["item_id"] for item in found["items"]]
                return answer.headers["etag"], found["list_id"], ids, again.status_code
        finally:
            service.stop()

    held = ""
    before = listed()
    assert before[3] == 304
    held = before[0]

    after = listed(MELU_ACTIONS='{"click": {"place": 0.1}}')

    assert after[2] != before[2]
    assert after[0] != before[0]
    assert after[1] != before[1]
    assert after[3] == 200
