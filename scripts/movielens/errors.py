"""What goes wrong with fetching."""

from model.errors import DatasetError


class FetchError(DatasetError):
    """A data set could not be fetched; the message says what else can be done."""
