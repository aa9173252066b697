"""Whether a request comes from a page of this service."""

from collections.abc import Mapping
from urllib.parse import urlsplit


def is_same_origin(headers: Mapping[str, str]) -> bool:
    """Tell whether a browser says that a page of the same origin asks.

    Browsers send `Sec-Fetch-Site` to https and to this machine; elsewhere there is the origin,
    which has to be the host that was asked. Whoever is no browser can say anything: this keeps
    other sites' pages out, and no program.

    Args:
        headers: The request's, by lower-case names.

    Returns:
        Whether it does.
    """
    site = headers.get("sec-fetch-site")
    if site is not None:
        return site == "same-origin"
    try:
        return bool(urlsplit(headers.get("origin", "")).netloc) and (
            urlsplit(headers["origin"]).netloc == headers.get("host")
        )
    except ValueError:
        return False
