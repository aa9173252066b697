"""The errors of the model layer; each message names what is wrong and the remedy."""


class ModelError(Exception):
    """Base of every error that the model layer raises on purpose."""


class DatasetError(ModelError):
    """A prepared data set can't be used as it is."""


class BundleError(ModelError):
    """A bundle is missing, incomplete, altered or of another format."""


class CheckpointError(ModelError):
    """A checkpoint of a training can't be written, or gone on from."""


class RanksError(ModelError):
    """The processes that train together lost each other, or did not learn the same."""


class UnknownFeatureError(ModelError):
    """A feature was named that the data set does not have."""

    def __init__(self, name: str, known: tuple[str, ...]) -> None:
        self.name = name
        self.known = known
        has = ", ".join(known) if known else "none"
        super().__init__(f"there is no feature {name!r}; the data set has: {has}")


class FeatureValueError(ModelError):
    """A feature value is of a type that the feature's kind can't hold."""


class AttributeValueError(FeatureValueError):
    """The value of an attribute that is named can't be held by its kind."""

    def __init__(self, name: str, reason: str) -> None:
        self.name = name
        self.reason = reason
        super().__init__(f"attribute {name!r}: {reason}")


class FilterValueError(ModelError):
    """A filter on a number names neither a number nor a range."""

    def __init__(self, text: str) -> None:
        self.text = text
        super().__init__(
            f"{text!r} is neither a number, such as 1995, nor a range with the lower end first, "
            "such as 1990..1999, 1990.. or ..1950"
        )
