"""Requests of somebody who means no good, drawn from a seed."""

import gzip
import json
from base64 import urlsafe_b64encode
from copy import deepcopy
from dataclasses import dataclass, field
from random import Random
from typing import Any
from urllib.parse import quote, unquote

from app.schemas.recommendations import RecommendationQuery
from app.services.cursors import digest_of_request

METHODS = ("GET", "PUT", "POST", "DELETE", "HEAD", "OPTIONS", "PATCH", "TRACE", "FOO")
IDS = (
    *("ann", "bob", "0", "7", "59", "new-item", "user 1", "%", "%00", "%2F", "..", ".", "%FF"),
    *("%C3%A9", "%F0%9F%8E%AC", "x" * 128, "x" * 129, "%0A", "*", "{user_id}", "a%20b", "'", "%22"),
)
NUMBERS = (
    "-1",
    "0",
    "1",
    "20",
    "200",
    "201",
    "1e3",
    "NaN",
    "inf",
    "9" * 400,
    "9" * 5_000,
    "0" * 5_000 + "1",
    "1e999",
    "+5",
    "1_0",
    "\u0663",
    "x",
    "",
    "%00",
    "0x1",
)
TEXTS = (
    *IDS,
    "genre:comedy",
    "year:1960..1970",
    "year:..",
    "year:" + "9" * 5_000,
    "year:1e999..",
    "year:nan",
    "genre:",
    ":",
    "x:y",
    "st",
    "true",
)
PARAMETERS = {
    "limit": NUMBERS,
    "diversity": (*NUMBERS, "0.5"),
    "cursor": (*TEXTS, "e30", "AAAA"),
    "exclude": TEXTS,
    "filter": TEXTS,
    "query": TEXTS,
    "user_id": TEXTS,
    "explain": ("true", "false", "x"),
    "exclude_seen": ("true", "false", "x"),
    "unknown": TEXTS,
}
VALUES: tuple[Any, ...] = (
    *(None, True, -1, 0, 3, 5, 5.5, 10**30, 1e308, "", "x", "0", "like", "unseen", "\0", "\ud800"),
    *([], {}, [1], {"a": 1}, ["comedy"], "2024-01-01T00:00:00Z", "9999-12-31T23:59:59+23:59"),
)
BODIES: dict[str, Any] = {
    "/users/{user_id}": {"attributes": {"city": "Rome", "age": 30}},
    "/users/{user_id}/merge": {"from_user_id": "bob"},
    "/users/{user_id}/feedback": {
        "events": [{"item_id": "0", "rating": 5, "at": "2024-01-01T00:00:00Z", "event_id": "e"}]
    },
    "/items/{item_id}": {"title": "New", "attributes": {"genre": ["comedy"], "year": 1999}},
}
RAW_BODIES = (
    *(b"", b"{", b"null", b"\xff\xfe", b'"\xed\xa0\x80"', b"[" * 50_000, b'{"a":' * 50_000),
    *(b'{"events": [NaN]}', b'{"item_id": "0", "rating": NaN}', b'{"rating": 1e999}', b"\0" * 100),
    *(b'{"item_id": "0", "rating": ' + b"9" * 5_000 + b"}", b" " * 600_000, gzip.compress(b"{}")),
)
TYPES = ("application/json", "application/json; charset=utf-16", "text/plain", "x", "", "a/b;" * 99)
HEADERS = {
    "Accept-Encoding": ("gzip", "br;q=0", "*", "\xff"),
    "Content-Encoding": ("gzip", "identity", "x"),
    "If-None-Match": ("*", '"x"', 'W/"x", "y"', '"' * 500),
    "Origin": ("https://shop.example", "null", "\xff"),
    "Access-Control-Request-Method": ("PUT", "\xff"),
    "X-Request-ID": ("abc", "x" * 500, "\xe9", " "),
    "Accept": ("text/html", "*/*", "\xff"),
    "Host": ("evil.example", "", "a b", "[::1"),
    "Range": ("bytes=0-1", "bytes=9-1"),
    "X-Forwarded-For": ("1.2.3.4", "\xff"),
}


WITH_CURSOR = ("/recommendations", "/feedback", "/items")
A_PAGE_START = {"list_id": "0" * 24, "start": 5, "until": 2**33, "is_anonymous": True}
A_FEEDBACK_PLACE = {"at": 10**15, "item_id": "7"}
AN_ITEM_PLACE = {"popularity": 0.5, "index": 7}
CURSOR_VALUES: tuple[Any, ...] = (
    *(None, True, False, -1, 0, 1, 5, 2**31, 2**62, 2**63 - 1, 2**63, 2**64, -(2**63) - 1, 10**30),
    *(0.5, 1e300, -1e300, "", "x", "0" * 24, "g" * 24, "\0", "\ud800", [], {}, [[]]),
)


@dataclass
class HostileRequest:
    """One request, ready to be sent."""

    method: str
    target: str
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes | None = None
    chunked: bool = False

    def encoded(self) -> bytes:
        """The request as bytes."""
        headers = {"Host": "127.0.0.1"} | self.headers
        body = self.body or b""
        if self.chunked:
            headers["Transfer-Encoding"] = "chunked"
            parts = [body[at : at + 10_000] for at in range(0, len(body), 10_000)]
            body = b"".join(b"%x\r\n%b\r\n" % (len(p), p) for p in [*parts, b""])
        elif self.body is not None:
            headers["Content-Length"] = str(len(body))
        lines = [f"{self.method} {self.target} HTTP/1.1"]
        lines += [f"{name}: {value}" for name, value in headers.items()]
        return "\r\n".join(lines).encode("latin-1") + b"\r\n\r\n" + body


@dataclass
class Attacker:
    """Draws requests.

    Attributes:
        calls: (method, path) as the description of the service lists them.
        credentials: What may stand behind `Authorization:`; None for no such header.
        random: Source of randomness.
    """

    calls: list[tuple[str, str]]
    credentials: tuple[str | None, ...]
    random: Random

    def request(self) -> HostileRequest:
        """Draw one request; one in some is as it should be, so that the rest meets real data."""
        method, template = self.random.choice(self.calls)
        if self._rarely(8):
            method = self.random.choice(METHODS)
        hostile = HostileRequest(method, self._target(template))
        credential = self.random.choice(self.credentials)
        if credential is not None:
            hostile.headers["Authorization"] = credential
        while self._rarely(3):
            name = self.random.choice(list(HEADERS))
            hostile.headers[name] = self.random.choice(HEADERS[name])
        if method in {"PUT", "POST", "PATCH"} or self._rarely(20):
            hostile.body = self._body(template)
            kinds = TYPES if self._rarely(6) else TYPES[:1]
            hostile.headers["Content-Type"] = self.random.choice(kinds)
            hostile.chunked = self._rarely(5)
        return hostile

    def _rarely(self, one_in: int) -> bool:
        return self.random.randrange(one_in) == 0

    def _target(self, template: str) -> str:
        path = template
        for name in ("{user_id}", "{item_id}"):
            ids = IDS if self._rarely(4) else IDS[:7]
            path = path.replace(name, quote(self.random.choice(ids), safe="%{}*'"))
        if self._rarely(30):
            path = self.random.choice((path + "/", "/" + path, path + "/..", "*", "/%"))
        pairs = []
        if self._rarely(3) and template.endswith(WITH_CURSOR):
            pairs = ["cursor=" + self._forged_cursor(path)]
            return path + "?" + "&".join(pairs)
        while self._rarely(2):
            name = self.random.choice(list(PARAMETERS))
            pairs.append(f"{name}={quote(self.random.choice(PARAMETERS[name]), safe='%')}")
        if self._rarely(200):
            pairs += ["exclude=" + "x" * 100] * 400
        return path + ("?" + "&".join(pairs) if pairs else "")

    def _forged_cursor(self, path: str) -> str:
        """A cursor of the right request, whose place says something else."""
        user = unquote(path.split("/")[2]) if path.startswith("/users/") else ""
        query = RecommendationQuery()
        request, place = {
            "recommendations": (["recommendations", user, query.ranking_key], A_PAGE_START),
            "feedback": (["feedback", user], A_FEEDBACK_PLACE),
        }.get(path.rpartition("/")[2], (["items", ""], AN_ITEM_PLACE))
        forged: Any = dict(place)
        while self._rarely(2):
            name = self.random.choice([*place, "more"])
            forged[name] = deepcopy(self.random.choice(CURSOR_VALUES))
        if self._rarely(10):
            forged = deepcopy(self.random.choice(CURSOR_VALUES))
        content = json.dumps([digest_of_request(request), forged]).encode()
        return urlsafe_b64encode(content).decode().rstrip("=")

    def _body(self, template: str) -> bytes:
        if self._rarely(8):
            return self.random.choice(RAW_BODIES)
        body = deepcopy(BODIES.get(template, {}))
        while self._rarely(2):
            self._spoil(body)
        content = json.dumps(body).encode()
        if self._rarely(20):
            at = self.random.randrange(len(content))
            content = content[:at] + self.random.randbytes(2) + content[at + 1 :]
        return content

    def _spoil(self, inner: Any) -> None:  # noqa: ANN401 - JSON
        """Replace, add or leave out one value somewhere in a document."""
        while isinstance(inner, dict | list) and inner:
            keys = list(inner) if isinstance(inner, dict) else list(range(len(inner)))
            key = self.random.choice(keys)
            if isinstance(inner[key], dict | list) and not self._rarely(3):
                inner = inner[key]
                continue
            if self._rarely(4):
                del inner[key]
            elif isinstance(inner, dict) and self._rarely(4):
                inner[self.random.choice(("x", "rating", "action", "title", ""))] = deepcopy(
                    inner[key]
                )
            elif isinstance(inner, list) and self._rarely(4):
                inner.extend([inner[key]] * self.random.choice((1, 600)))
            else:
                inner[key] = deepcopy(self.random.choice(VALUES))
            return
