"""Headers that keep browsers from doing what no page of ours asks of them."""

from collections.abc import Sequence

_PAGE_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:{images}; "
    "connect-src 'self'; form-action 'none'; base-uri 'none'; frame-ancestors 'none'"
)


def page_headers(image_origins: Sequence[str] = ()) -> dict[str, str]:
    """Return the headers of pages and of what they load.

    Our own scripts only, and no frame around them.

    Args:
        image_origins: Other origins that pictures may come from.

    Returns:
        The headers.
    """
    images = "".join(f" {one}" for one in image_origins)
    return {
        "Cache-Control": "no-cache",
        "Content-Security-Policy": _PAGE_POLICY.format(images=images),
        "Cross-Origin-Opener-Policy": "same-origin",
        "Referrer-Policy": "no-referrer",
        "X-Frame-Options": "DENY",
    }


PAGE_HEADERS = page_headers()
"""Of pages that show nothing of other origins."""
