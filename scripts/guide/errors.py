"""What keeps the guide from being built."""


class GuideError(Exception):
    """A page, link, anchor or picture is not there; the message names the page."""
