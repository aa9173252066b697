"""Where a store is: one server, what a Sentinel names as the primary, or a cluster.

    redis://[user:password@]host[:port][/database]
    unix:///path/to/socket
    redis+sentinel://[user:password@]host[:port],host[:port]/service[/database]
    redis+cluster://[user:password@]host[:port],host[:port]

`rediss` in the place of `redis` is TLS. What redis-py takes in the query of a URL, it takes here;
`sentinel_username` and `sentinel_password` are for the Sentinels themselves.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from inspect import signature
from typing import Any
from urllib.parse import parse_qsl, unquote, urlencode, urlsplit

from redis.asyncio.connection import AbstractConnection, SSLConnection, parse_url

_PORT = 6379
_SENTINEL_PORT = 26379
_ONE_SERVER = ("redis", "rediss", "unix")
# By hand: the standard library takes only one host between the slashes.
_OF_MANY = re.compile(
    r"(?P<scheme>rediss?)\+(?P<topology>sentinel|cluster)://(?:(?P<credentials>[^/?#]*)@)?"
    r"(?P<hosts>[^/?#@]+)(?:/(?P<path>[^?#]*))?(?:\?(?P<query>[^#]*))?"
)
_OPTIONS = (
    frozenset(signature(AbstractConnection.__init__).parameters)
    | frozenset(signature(SSLConnection.__init__).parameters)
    | {"host", "port", "path", "connection_class", "max_connections", "timeout"}
) - {"self", "kwargs"}
_EXPECTED = (
    "expected a URL such as redis://127.0.0.1:6379/0, redis+cluster://one:7000,two:7000 or "
    "redis+sentinel://one:26379,two:26379/service"
)
_OF_SENTINELS = ("sentinel_username", "sentinel_password")


class Topology(StrEnum):
    """How the servers of a store stand to each other."""

    SERVER = "server"
    SENTINEL = "sentinel"
    CLUSTER = "cluster"


@dataclass(frozen=True)
class StoreAddress:
    """A store's URL, taken apart.

    Attributes:
        topology: How its servers stand to each other.
        hosts: Host and port of each server, or Sentinel, that is named; none for one server.
        service: What the Sentinels call the primary.
        url: Of one server, as it was given.
        options: What redis-py is told for each connection: credentials, TLS, the database.
        sentinel_options: Credentials of the Sentinels.
    """

    topology: Topology
    hosts: tuple[tuple[str, int], ...] = ()
    service: str = ""
    url: str = field(default="", repr=False)
    options: Mapping[str, Any] = field(default_factory=dict, repr=False)
    sentinel_options: Mapping[str, Any] = field(default_factory=dict, repr=False)

    @classmethod
    def parse(cls, url: str) -> StoreAddress:
        """Take a URL apart.

        Args:
            url: As the module's text has it.

        Returns:
            The address.

        Raises:
            ValueError: If it is no such URL; the message says what is expected.
        """
        of_many = _OF_MANY.fullmatch(url)
        if of_many is not None:
            return cls._of_many(of_many)
        parts = urlsplit(url)
        try:
            is_one = parts.scheme in _ONE_SERVER and parts.port != 0
        except ValueError:  # the port is no number
            is_one = False
        # A password with a mark that begins something else would end up in messages.
        is_odd = parts.fragment or "@" in parts.query or "#" in url
        if not is_one or is_odd or not (parts.hostname or parts.scheme == "unix"):
            raise ValueError(_EXPECTED)
        _options(url)  # what it can not read is told now
        return cls(Topology.SERVER, url=url)

    @classmethod
    def _of_many(cls, parts: re.Match[str]) -> StoreAddress:
        topology = Topology(parts["topology"])
        port = _PORT if topology is Topology.CLUSTER else _SENTINEL_PORT
        hosts = tuple(_host(name, port) for name in parts["hosts"].split(","))
        path = [unquote(part) for part in (parts["path"] or "").split("/") if part]
        service = ""
        if topology is Topology.SENTINEL:
            if not path:
                raise ValueError("the URL of Sentinels ends with the service: …/mymaster")
            service = path.pop(0)
        elif path:
            raise ValueError("a cluster has no databases: its URL ends with its hosts")
        query = dict(parse_qsl(parts["query"] or ""))
        sentinel_options = {
            name.removeprefix("sentinel_"): query.pop(name)
            for name in _OF_SENTINELS
            if name in query
        }
        # Some host stands in for those that will be connected to.
        credentials = f"{parts['credentials']}@" if parts["credentials"] else ""
        one = f"{parts['scheme']}://{credentials}host/{'/'.join(path)}?{urlencode(query)}"
        options = dict(_options(one))
        options.pop("host", None)
        if options.pop("connection_class", None) is SSLConnection:
            options["ssl"] = True
        return cls(topology, hosts, service, "", options, sentinel_options)


def _options(url: str) -> Mapping[str, Any]:
    """Return what redis-py makes of a URL; its own messages may hold parts of a password."""
    try:
        options: dict[str, Any] = dict(parse_url(url))
    except ValueError:
        raise ValueError(_EXPECTED) from None
    unknown = [name for name in options if name not in _OPTIONS]
    if unknown:
        raise ValueError(f"the URL of a store has no {unknown[0]!r}")
    return options


def _host(text: str, port: int) -> tuple[str, int]:
    parts = urlsplit(f"//{text}")
    try:
        name, given = parts.hostname, parts.port
    except ValueError:  # the port is no number
        name, given = None, None
    if not name or given == 0:
        raise ValueError(_EXPECTED)
    return name, given or port
