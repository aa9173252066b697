import hashlib
from pathlib import Path

import pytest
from pydantic import ValidationError

from app.settings import Settings
from tests.access.credentials import KEY, TOKEN_SECRET, bearer
from tests.running import Service, run_melu

HASHED = "sha256:" + hashlib.sha256(KEY.encode()).hexdigest()


@pytest.mark.parametrize(
    ("setting", "value", "secret"),
    [
        ("api_keys", "too-short", "too-short"),
        ("api_keys", f"{KEY},with a space in the middle", "middle"),
        ("api_keys", "sha256:0123", "0123"),
        ("token_secret", "not-long-enough", "not-long-enough"),
        ("token_secret", f"{TOKEN_SECRET},", TOKEN_SECRET),
    ],
)
def test_a_secret_that_could_be_guessed_is_refused_and_not_shown(
    setting: str, value: str, secret: str
):
    with pytest.raises(ValidationError) as refused:
        Settings.model_validate({setting: value})

    assert setting in str(refused.value)
    assert "openssl rand -hex 32" in str(refused.value) or "sha256sum" in str(refused.value)
    assert secret not in str(refused.value)


def test_the_command_names_what_is_wrong_and_does_not_show_it(bundle: Path):
    ended = run_melu("serve", "--model", str(bundle), MELU_API_KEYS="too-short")

    assert ended.returncode == 1
    assert ended.stderr.startswith("melu: MELU_API_KEYS: ")
    assert "too-short" not in ended.stderr + ended.stdout


def test_keys_given_as_hashes_alone_need_a_secret_for_tokens():
    with pytest.raises(ValidationError, match="token_secret"):
        Settings.model_validate({"api_keys": HASHED})
    assert Settings.model_validate({"api_keys": HASHED, "token_secret": TOKEN_SECRET}).api_keys


@pytest.mark.parametrize("setting", ["rate_limit", "key_rate_limit"])
@pytest.mark.parametrize("value", ["many", "0/minute", "5/minute;1/second", "5/fortnight"])
def test_a_rate_limit_that_would_not_hold_is_refused(setting: str, value: str):
    with pytest.raises(ValidationError, match=setting):
        Settings.model_validate({"api_keys": KEY, setting: value})


def test_a_rate_limit_without_callers_to_tell_apart_is_refused():
    with pytest.raises(ValidationError, match="MELU_API_KEYS"):
        Settings.model_validate({"rate_limit": "5/minute"})


def test_nothing_that_settings_show_gives_a_key_away():
    settings = Settings.model_validate({"api_keys": KEY, "token_secret": TOKEN_SECRET})

    shown = repr(settings) + repr(settings.model_dump()) + str(settings.api_keys)

    for secret in (KEY, TOKEN_SECRET, settings.api_keys[0].digest.hex()):
        assert secret not in shown


@pytest.mark.parametrize("workers", ["1", "2"])
def test_with_keys_it_listens_for_others_and_keeps_no_key(
    bundle: Path, tmp_path: Path, workers: str
):
    """What a hash was given for opens with the key; and no process hands the key on."""
    plain = "a-second-key-that-is-given-in-plain"
    service = Service(
        bundle,
        tmp_path,
        environment={"MELU_API_KEYS": f"{HASHED},{plain}"},
        arguments=("--host", "0.0.0.0", "--workers", workers),
    ).start()
    try:
        with service.client() as client:
            for key in (KEY, plain):
                assert client.get("/model", headers=bearer(key)).status_code == 200
            assert client.get("/model").status_code == 401
            assert client.get("/model", headers=bearer(HASHED)).status_code == 401
        assert service.process is not None
        inherited = [
            (process / "environ").read_bytes() for process in descendants(service.process.pid)
        ]
        assert inherited
        assert not any(plain.encode() in environment for environment in inherited)
    finally:
        service.stop()


def descendants(pid: int) -> list[Path]:
    found = []
    for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split():
        found += [Path("/proc") / child, *descendants(int(child))]
    return found
