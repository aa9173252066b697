"""API keys, of which only hashes are kept."""

import hashlib
import hmac
import re
from dataclasses import dataclass, field

LEAST_LENGTH = 16
_HASHED = "sha256:"
_KEY = re.compile(r"[\x21-\x2b\x2d-\x7e]+")  # what a header can hold, without the comma
_TOKEN_SECRET_PURPOSE = b"melu-online: secret of user tokens"


@dataclass(frozen=True)
class ApiKey:
    """An API key, as its hash.

    Attributes:
        digest: SHA-256 of the key.
        token_secret: A secret that follows from the key; None if the key itself was not given.
    """

    digest: bytes = field(repr=False)
    token_secret: str | None = field(repr=False)

    @classmethod
    def parse(cls, text: str) -> "ApiKey":
        """Read a key as settings give it.

        Args:
            text: The key itself, or `sha256:` and the hexadecimal digits of its SHA-256.

        Returns:
            The key. It does not hold the text.

        Raises:
            ValueError: If the text is no key, or one that could be guessed.
        """
        if text.startswith(_HASHED):
            digits = text.removeprefix(_HASHED)
            if not re.fullmatch(r"[0-9a-fA-F]{64}", digits):
                raise ValueError(
                    "after sha256: come the 64 hexadecimal digits that "
                    "`printf %s KEY | sha256sum` prints"
                )
            return cls(bytes.fromhex(digits), None)
        if len(text) < LEAST_LENGTH or not _KEY.fullmatch(text):
            raise ValueError(
                f"a key has at least {LEAST_LENGTH} characters, of printable ASCII without spaces "
                "and commas; `openssl rand -hex 32` makes one"
            )
        secret = hmac.digest(text.encode(), _TOKEN_SECRET_PURPOSE, "sha256")
        return cls(hashlib.sha256(text.encode()).digest(), secret.hex())

    @property
    def hashed(self) -> str:
        """The key as `parse` reads it, without giving the key away."""
        return _HASHED + self.digest.hex()


def matching_key(keys: tuple[ApiKey, ...], credential: str) -> ApiKey | None:
    """Find the key that a caller presents, in a time that does not depend on which it is.

    Args:
        keys: The keys.
        credential: What the caller sent.

    Returns:
        The key, or None if it is none of them.
    """
    digest = hashlib.sha256(credential.encode()).digest()
    found = None
    for key in keys:
        if hmac.compare_digest(key.digest, digest):
            found = key
    return found
