"""Settings, read from `MELU_…` environment variables when the service starts."""

import ipaddress
import os
from datetime import timedelta
from functools import cached_property
from pathlib import Path
from typing import Literal, Self

from pydantic import Field, SecretStr, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from app.actions import DEFAULT_ACTIONS, ActionMeaning, ActionName
from app.numbers import Share
from app.scenarios import Scenario, ScenarioName
from app.setting_types import (
    ApiKeys,
    Hosts,
    Origins,
    OriginsOrAny,
    OrNone,
    PublicUrl,
    RateLimit,
    StoreUrl,
    TokenSecrets,
    Tracing,
    secret_parts,
)
from app.store.address import StoreAddress, Topology
from model.cores import usable_cores

ENVIRONMENT_PREFIX = "MELU_"

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
    allowed_hosts: Hosts = ()
    """Names that the service goes by beside this machine's own, where no keys are set."""
    cors_origins: OriginsOrAny = ()
    """Origins whose pages may call the API, separated by commas; none by default."""
    image_origins: Origins = ()
    """Origins that the demo page may load pictures of items from, separated by commas."""
    public_url: PublicUrl = None
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
    api_keys: ApiKeys = ()
    """Keys of servers, separated by commas: the key itself or `sha256:` and its hash."""
    token_secret: TokenSecrets = Field(default=None, validate_default=True)
    """Signs user tokens; several separated by commas, of which the first signs and all are good."""
    token_seconds: int = Field(default=900, ge=1, le=86_400)
    """How long a user token is good."""
    rate_limit: RateLimit = None
    """Most requests with tokens of one user, such as 600/minute; none by default."""
    demo: bool = False
    """Let the demo page of a service with keys have random visitors of its own."""
    admin: bool = True
    """Serve the back office's page, which asks for a server key."""
    key_rate_limit: RateLimit = None
    """Most requests with one API key, such as 6000/minute; none by default."""

    # What it logs
    log_level: Literal["debug", "info", "warning", "error"] = "info"
    """Least level of a line in the log."""
    log_format: Literal["text", "json"] = "text"
    """A line of text with key=value pairs, or a JSON object."""
    log_requests: bool = True
    """Log a line for each request."""
    log_salt: OrNone[SecretStr] = None
    """Hashes users' ids in the log; drawn again at each start if none is given."""

    # What it tells of its work
    tracing: Tracing = False
    """Send traces of requests to a collector, as OpenTelemetry's own variables say."""

    # The model
    model: Path = Path("var/model")
    """Bundle to serve."""
    model_watch_seconds: float = Field(default=1.0, ge=0)
    """Time between two looks for a new bundle in the folder; 0 never looks."""
    candidate: OrNone[str] = None
    """Bundle that answers a share of the users, or `prior`, everybody's list; none by default."""
    candidate_share: Share = 0.1
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

    # Rankings that are read in pages
    list_items: int = Field(default=200, ge=1, le=10_000)
    """Best items of a ranking that can be paged through."""
    list_seconds: int = Field(default=3600, ge=1)
    """How long a cursor of a ranking is valid at least; twice as long at most."""

    explore: Share = 0.0
    """Share of a list for items that the model is unsure about; a query may say another."""

    # The store
    store_url: StoreUrl = None
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
    """Most connections of a worker to the store; one of them is kept for what may be sent twice."""

    # What is kept of a user
    feedback_limit: int = Field(default=5000, ge=500)
    """Most pieces of feedback of a user; the oldest give way. No less than one call may bring."""
    user_expiry_days: OrNone[float] = Field(default=None, gt=0, le=36_500)
    """Days without any call on a user until the user is erased; none never erases."""

    # What feedback means
    actions: dict[ActionName, ActionMeaning] = {}
    """Actions beside or instead of the usual ones, as a JSON object; see docs/settings.md."""
    scenarios: dict[ScenarioName, Scenario] = {}
    """Parameters of rankings under a name, as a JSON object; see docs/settings.md."""
    onboarding_enough: float = Field(default=0.05, ge=0)
    """Gain of one more answer, in discounted likes of a list, below which it is `enough`."""

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
            return secret_parts(self.token_secret)
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
