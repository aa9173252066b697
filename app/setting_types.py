"""Kinds of values that settings have, each with its check."""

import re
from typing import Annotated, TypeVar
from urllib.parse import urlsplit

from limits import parse_many
from pydantic import AfterValidator, BeforeValidator, SecretStr, ValidationInfo
from pydantic_settings import NoDecode

from app.access.keys import ApiKey
from app.store.address import StoreAddress
from app.traces import reason_against_traces

_LEAST_SECRET = 32
_Value = TypeVar("_Value")


def secret_parts(secrets: SecretStr) -> tuple[str, ...]:
    """Return the secrets that stand in one setting."""
    return tuple(part.strip() for part in secrets.get_secret_value().split(","))


def _listed(value: object) -> object:
    if isinstance(value, str):
        return tuple(part.strip() for part in value.split(",") if part.strip())
    return value


def _none_if_empty(value: object) -> object:
    return None if value == "" else value


def _hash_keys(value: object) -> object:
    if isinstance(value, str):
        return tuple(ApiKey.parse(part.strip()) for part in value.split(",") if part.strip())
    return value


def _check_token_secret(value: SecretStr | None, info: ValidationInfo) -> SecretStr | None:
    if value is None:
        keys: tuple[ApiKey, ...] = info.data.get("api_keys", ())
        if keys and not any(key.token_secret for key in keys):
            raise ValueError(
                "needed where all API keys are given as hashes; `openssl rand -hex 32` makes one"
            )
    elif any(len(part) < _LEAST_SECRET for part in secret_parts(value)):
        raise ValueError(
            f"a secret has at least {_LEAST_SECRET} characters; `openssl rand -hex 32` makes one"
        )
    return value


def _check_rate_limit(value: object, info: ValidationInfo) -> object:
    if value is None or value == "":
        return None
    try:
        limits = parse_many(str(value))
    except ValueError:
        limits = []
    if len(limits) != 1 or limits[0].amount < 1:
        raise ValueError("expected a limit such as 600/minute")
    if not info.data.get("api_keys"):
        raise ValueError(
            "limits need MELU_API_KEYS, which tell callers from each other; set these too"
        )
    return value


def _check_tracing(value: bool) -> bool:
    reason = reason_against_traces() if value else None
    if reason is not None:
        raise ValueError(reason)
    return value


def _origin(text: str) -> str:
    """Check an origin as browsers send it; a slash at its end is taken off."""
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError:
        parts, port = urlsplit(""), None
    is_origin = (
        parts.scheme in ("http", "https")
        and parts.hostname
        and parts.path in ("", "/")
        and not (parts.query or parts.fragment or parts.username or parts.password)
        and port != 0
    )
    if not is_origin:
        raise ValueError(
            f"{text!r} is no origin: expected scheme://host[:port], such as https://shop.example"
        )
    return text.removesuffix("/").lower()


def _origins(value: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(map(_origin, value))


def _origins_or_any(value: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(origin if origin == "*" else _origin(origin) for origin in value)


def _check_hosts(value: tuple[str, ...]) -> tuple[str, ...]:
    for host in value:
        if not re.fullmatch(r"[\w.-]+|[0-9a-fA-F:]+", host):
            raise ValueError(f"{host!r} is no host: a name or address without a port")
    return value


def _check_public_url(value: str | None) -> str | None:
    if not value:
        return None
    try:
        parts = urlsplit(value)
    except ValueError:
        parts = urlsplit("")
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.query:
        raise ValueError(
            f"{value!r} is no address of a page: expected one such as https://shop.example/melu"
        )
    return value.removesuffix("/")


def _check_store_url(value: str | None) -> str | None:
    if value is not None:
        StoreAddress.parse(value)
    return value


OrNone = Annotated[_Value | None, BeforeValidator(_none_if_empty)]
"""Empty text is none."""
ApiKeys = Annotated[tuple[ApiKey, ...], NoDecode, BeforeValidator(_hash_keys)]
"""Separated by commas: the key itself or its hash."""
TokenSecrets = Annotated[OrNone[SecretStr], AfterValidator(_check_token_secret)]
"""Separated by commas, long enough, and there where API keys do not bring one."""
RateLimit = Annotated[str | None, BeforeValidator(_check_rate_limit)]
"""Such as 600/minute; needs API keys."""
Tracing = Annotated[bool, AfterValidator(_check_tracing)]
"""Whether traces are sent; what that needs must be installed and set."""
Origins = Annotated[tuple[str, ...], NoDecode, BeforeValidator(_listed), AfterValidator(_origins)]
"""Of pages, separated by commas."""
OriginsOrAny = Annotated[
    tuple[str, ...], NoDecode, BeforeValidator(_listed), AfterValidator(_origins_or_any)
]
"""The same; `*` is every origin."""
Hosts = Annotated[tuple[str, ...], NoDecode, BeforeValidator(_listed), AfterValidator(_check_hosts)]
"""Names or addresses without ports, separated by commas."""
PublicUrl = Annotated[str | None, AfterValidator(_check_public_url)]
"""Of a page, without a slash at its end."""
StoreUrl = Annotated[str | None, AfterValidator(_check_store_url)]
"""Of a Redis or Valkey, or of several."""
