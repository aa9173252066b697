"""Settings, read from `MELU_…` environment variables when the service starts."""

import ipaddress
import os
import re
from datetime import timedelta
from functools import cached_property
from pathlib import Path
from typing import Annotated, Literal, Self
from urllib.parse import urlsplit

from limits import parse_many
from pydantic import Field, SecretStr, ValidationInfo, field_validator, model_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from app.access.keys import ApiKey
from app.actions import DEFAULT_ACTIONS, ActionMeaning, ActionName
from app.scenarios import Scenario, ScenarioName
from app.store.address import StoreAddress, Topology
from app.traces import reason_against_traces
from model.cores import usable_cores

ENVIRONMENT_PREFIX = "MELU_"
_LEAST_SECRET = 32


PRIOR = "prior"
"""In place of a candidate's bundle: everybody's list, without adaptation."""

RANKING_SETTINGS = frozenset(
    {
        "actions",
        "candidate",
        "candidate_salt",
        "candidate_share",
        "explore",
        "list_items",
        "support_limit",
    }
)
"""What a list follows from beside model, catalogue and user; part of every ETag."""


class Settings(BaseSettings):
    """Everything about a running service that can be set; docs/settings.md lists it."""

    model_config = SettingsConfigDict(
        env_prefix=ENVIRONMENT_PREFIX,
        extra="ignore",
        frozen=True,
        hide_input_in_errors=True,  # keys, and passwords in URLs
    )

    # Where it listens
    host: str = "127.0.0.1"
    """Address to listen on."""
    port: int = Field(default=8000, ge=0, le=65535)
    """Port to listen on."""
    workers: int = Field(default=1, ge=1)
    """Worker processes; all share the store."""
    insecure: bool = False
    """Allow an address that other machines can reach although no access control is set up."""
    allowed_hosts: Annotated[tuple[str, ...], NoDecode] = ()
    """Names that the service goes by beside this machine's own, where no keys are set."""
    cors_origins: Annotated[tuple[str, ...], NoDecode] = ()
    """Origins whose pages may call the API, separated by commas; none by default."""
    image_origins: Annotated[tuple[str, ...], NoDecode] = ()
    """Origins that the demo page may load pictures of items from, separated by commas."""
    public_url: str | None = None
    """Where people reach the service, for what is shown of links to its page."""
    max_body_bytes: int = Field(default=512 * 1024, ge=1024)
    """Largest request body."""
    keep_alive_seconds: int = Field(default=75, ge=1, le=3600)
    """How long a connection may rest between two requests; longer than a balancer keeps it."""
    silent_seconds: float = Field(default=30.0, gt=0, le=3600)
    """How long a connection may say nothing within a request, or take nothing of an answer."""
    max_connections: int = Field(default=1_000, ge=10)
    """Most connections of a worker from clients; more are answered 503."""

    # Who may call it
    api_keys: Annotated[tuple[ApiKey, ...], NoDecode] = ()
    """Keys of servers, separated by commas: the key itself or `sha256:` and its hash."""
    token_secret: SecretStr | None = Field(default=None, validate_default=True)
    """Signs user tokens; several separated by commas, of which the first signs and all are good."""
    token_seconds: int = Field(default=900, ge=1, le=86_400)
    """How long a user token is good."""
    rate_limit: str | None = None
    """Most requests with tokens of one user, such as 600/minute; none by default."""
    demo: bool = False
    """Let the demo page of a service with keys have random visitors of its own."""
    admin: bool = True
    """Serve the back office's page, which asks for a server key."""
    key_rate_limit: str | None = None
    """Most requests with one API key, such as 6000/minute; none by default."""

    # What it logs
    log_level: Literal["debug", "info", "warning", "error"] = "info"
    """Least level of a line in the log."""
    log_format: Literal["text", "json"] = "text"
    """A line of text with key=value pairs, or a JSON object."""
    log_requests: bool = True
    """Log a line for each request."""
    log_salt: SecretStr | None = None
    """Hashes users' ids in the log; drawn again at each start if none is given."""

    # What it tells of its work
    tracing: bool = False
    """Send traces of requests to a collector, as OpenTelemetry's own variables say."""

    # The model
    model: Path = Path("var/model")
    """Bundle to serve."""
    model_watch_seconds: float = Field(default=1.0, ge=0)
    """Time between two looks for a new bundle in the folder; 0 never looks."""
    candidate: str | None = None
    """Bundle that answers a share of the users, or `prior`, everybody's list; none by default."""
    candidate_share: float = Field(default=0.1, ge=0, le=1)
    """Share of the users whom the candidate answers."""
    candidate_salt: str = "melu"
    """Deals users to the candidate; another one deals them anew."""
    compute_threads: int = Field(default_factory=usable_cores, ge=1)
    """Local updates and rankings that a worker runs at once."""
    compute_queue: int = Field(default=128, ge=0)
    """Computations of a worker that may wait; more are answered 503."""
    cache_megabytes: int = Field(default=128, ge=0)
    """Memory of a worker for rankings that may be asked for again; 0 keeps none."""
    cache_seconds: int = Field(default=3600, ge=1)
    """Longest time that a ranking stays in memory."""
    support_limit: int = Field(default=100, ge=1)
    """Newest ratings of a user that the local update learns from."""

    # RankingSnapshots that are read in pages
    list_items: int = Field(default=200, ge=1, le=10_000)
    """Best items of a ranking that can be paged through."""
    list_seconds: int = Field(default=3600, ge=1)
    """How long a cursor of a ranking is valid at least; twice as long at most."""

    explore: float = Field(default=0.0, ge=0, le=1)
    """Share of a list for items that the model is unsure about; a query may say another."""

    # The store
    store_url: str | None = None
    """redis://, rediss:// or unix:// URL of your Redis or Valkey, redis+sentinel:// or
    redis+cluster:// of several; none starts the embedded one."""
    store_wait_replicas: int = Field(default=0, ge=0)
    """Replicas that must have a write before it is acknowledged; fewer within half of the store's
    timeout is answered 503."""
    store_folder: Path = Path("var/store")
    """Where the embedded store keeps its data."""
    store_fsync: Literal["always", "everysec"] = "always"
    """When the embedded store flushes to disk: before each answer, or once a second."""
    store_rewrite_hours: float = Field(default=24.0, ge=0, le=24 * 365)
    """How old the embedded store's file may get until what was erased is taken out; 0 for ever."""
    erasure_log: Path | None = None
    """Where erasures are recorded, for backups that bring users back; none keeps no record."""
    store_timeout_seconds: float = Field(default=1.0, gt=0)
    """How long to wait for the store before answering 503."""
    store_connections: int = Field(default=64, ge=2)
    """Most connections of a worker to the store; one of them is kept for reading users."""

    # What is kept of a user
    feedback_limit: int = Field(default=5000, ge=500)
    """Most pieces of feedback of a user; the oldest give way. No less than one call may bring."""
    user_expiry_days: float | None = Field(default=None, gt=0, le=36_500)
    """Days without any call on a user until the user is erased; none never erases."""

    # What feedback means
    actions: dict[ActionName, ActionMeaning] = {}
    """Actions beside or instead of the usual ones, as a JSON object; see docs/settings.md."""
    scenarios: dict[ScenarioName, Scenario] = {}
    """Parameters of rankings under a name, as a JSON object; see docs/settings.md."""
    onboarding_enough: float = Field(default=0.05, ge=0)
    """Gain of one more answer, in discounted likes of a list, below which it is `enough`."""

    @field_validator("api_keys", mode="before")
    @classmethod
    def _hash_keys(cls, value: object) -> object:
        if isinstance(value, str):
            return tuple(ApiKey.parse(part.strip()) for part in value.split(",") if part.strip())
        return value

    @field_validator("token_secret", "log_salt", mode="before")
    @classmethod
    def _empty_is_no_secret(cls, value: object) -> object:
        return None if value == "" else value

    @field_validator("token_secret")
    @classmethod
    def _check_token_secret(cls, value: SecretStr | None, info: ValidationInfo) -> SecretStr | None:
        if value is None:
            keys: tuple[ApiKey, ...] = info.data.get("api_keys", ())
            if keys and not any(key.token_secret for key in keys):
                raise ValueError(
                    "needed where all API keys are given as hashes; `openssl rand -hex 32` makes "
                    "one"
                )
        elif any(len(part) < _LEAST_SECRET for part in _parts(value)):
            raise ValueError(
                f"a secret has at least {_LEAST_SECRET} characters; `openssl rand -hex 32` makes "
                "one"
            )
        return value

    @model_validator(mode="before")
    @classmethod
    def _check_former_names(cls, data: object) -> object:
        for action in ("like", "dislike", "click", "skip"):
            name = f"{ENVIRONMENT_PREFIX}ACTION_{action.upper()}"
            if name in os.environ:
                raise ValueError(
                    f'{name} is no more; write MELU_ACTIONS={{"{action}": {{"place": 0.7}}}}'
                )
        return data

    @field_validator("rate_limit", "key_rate_limit", mode="before")
    @classmethod
    def _check_rate_limit(cls, value: object, info: ValidationInfo) -> object:
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

    @field_validator("tracing")
    @classmethod
    def _check_tracing(cls, value: bool) -> bool:
        reason = reason_against_traces() if value else None
        if reason is not None:
            raise ValueError(reason)
        return value

    @field_validator("cors_origins", "image_origins", "allowed_hosts", mode="before")
    @classmethod
    def _part_list(cls, value: object) -> object:
        if isinstance(value, str):
            return tuple(part.strip() for part in value.split(",") if part.strip())
        return value

    @field_validator("cors_origins")
    @classmethod
    def _check_origins(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(origin if origin == "*" else _origin(origin) for origin in value)

    @field_validator("image_origins")
    @classmethod
    def _check_image_origins(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(map(_origin, value))

    @field_validator("public_url")
    @classmethod
    def _check_public_url(cls, value: str | None) -> str | None:
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

    @field_validator("allowed_hosts")
    @classmethod
    def _check_hosts(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for host in value:
            if not re.fullmatch(r"[\w.-]+|[0-9a-fA-F:]+", host):
                raise ValueError(f"{host!r} is no host: a name or address without a port")
        return value

    @field_validator("store_url")
    @classmethod
    def _check_store_url(cls, value: str | None) -> str | None:
        if value is None:
            return value
        StoreAddress.parse(value)
        return value

    @model_validator(mode="after")
    def _check_wait(self) -> Self:
        is_cluster = (
            self.store_url and StoreAddress.parse(self.store_url).topology is Topology.CLUSTER
        )
        if self.store_wait_replicas and (is_cluster or self.store_url is None):
            raise ValueError(
                "store_wait_replicas is for a server of your own with replicas, or Sentinel; on a "
                "cluster set min-replicas-to-write in its configuration"
            )
        return self

    @field_validator("user_expiry_days", "candidate", mode="before")
    @classmethod
    def _empty_is_none(cls, value: object) -> object:
        return None if value == "" else value

    @cached_property
    def ranking_settings(self) -> dict[str, object]:
        """The settings that change a ranking: answers before and after a change differ."""
        found = {name: getattr(self, name) for name in RANKING_SETTINGS}
        # Replicas may have a bundle in different folders; its version is in every name anyway.
        is_bundle = self.candidate_folder is not None
        return found | {"candidate": "a bundle" if is_bundle else self.candidate}

    @property
    def candidate_folder(self) -> Path | None:
        """Where the candidate's bundle is; None for no candidate, and for `prior`."""
        return None if self.candidate is None or self.candidate == PRIOR else Path(self.candidate)

    @cached_property
    def action_meanings(self) -> dict[str, ActionMeaning]:
        """Action → what it means, the usual ones among them."""
        return DEFAULT_ACTIONS | self.actions

    @cached_property
    def user_expiry(self) -> timedelta | None:
        """How long an idle user is kept; None without limit."""
        return None if self.user_expiry_days is None else timedelta(days=self.user_expiry_days)

    @cached_property
    def token_secrets(self) -> tuple[str, ...]:
        """What signs user tokens: the first. All are good. Empty without any key or secret."""
        if self.token_secret is not None:
            return _parts(self.token_secret)
        return tuple(key.token_secret for key in self.api_keys if key.token_secret is not None)

    @property
    def own_hosts(self) -> tuple[str, ...] | None:
        """Names that the service goes by; None where it listens to others and none is given."""
        if not self.listens_on_loopback and not self.allowed_hosts:
            return None
        return (self.host, *self.allowed_hosts)

    @property
    def address(self) -> str:
        """URL that the service listens on."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"http://{host}:{self.port}"

    @property
    def listens_on_loopback(self) -> bool:
        """Tell whether only this machine can reach the service."""
        if self.host == "localhost":
            return True
        try:
            return ipaddress.ip_address(self.host).is_loopback
        except ValueError:
            return False


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


def _parts(secrets: SecretStr) -> tuple[str, ...]:
    return tuple(part.strip() for part in secrets.get_secret_value().split(","))
