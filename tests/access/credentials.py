"""What callers of a guarded service present, good and bad."""

import base64
import json
import time
from typing import Any

import httpx
import jwt

from app.access.tokens import AUDIENCE

KEY = "the-first-key-of-a-guarded-service"
OTHER_KEY = "the-second-key-of-the-same-service"
TOKEN_SECRET = "a-secret-of-the-tests-that-signs-user-tokens"


def bearer(credential: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {credential}"}


def token(user_id: str, *, secret: str = TOKEN_SECRET, **changes: object) -> str:
    """A token as the service would issue it, but for the changes; None leaves a claim out."""
    now = int(time.time())
    claims: dict[str, object] = {"sub": user_id, "aud": AUDIENCE, "iat": now, "exp": now + 600}
    claims |= changes
    present = {name: value for name, value in claims.items() if value is not None}
    return jwt.encode(present, secret, "HS256")


def unsigned_token(user_id: str) -> str:
    """A token with `alg` none, which a careless check takes for good."""

    def part(content: dict[str, Any]) -> str:
        return base64.urlsafe_b64encode(json.dumps(content).encode()).rstrip(b"=").decode()

    claims = {"sub": user_id, "aud": AUDIENCE, "iat": 0, "exp": int(time.time()) + 600}
    return f"{part({'alg': 'none', 'typ': 'JWT'})}.{part(claims)}."


def issued_token(client: httpx.Client, user_id: str) -> str:
    """A token that the service issues."""
    response = client.post(f"/users/{user_id}/token", headers=bearer(KEY))
    assert response.status_code == 200, response.text
    issued: str = response.json()["token"]
    return issued
