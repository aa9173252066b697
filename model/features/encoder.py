"""What every encoder of a feature can do, and how one is found again in a bundle."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Annotated, Any

import numpy as np
from pydantic import BaseModel, ConfigDict, PlainValidator, SerializeAsAny
from pydantic_core import PydanticCustomError

from model.arrays import Int64Array
from model.errors import FeatureValueError
from model.features.encoded_table import UNKNOWN_SLOT
from model.features.registry import KINDS, Kind

if TYPE_CHECKING:
    from model.features.values import EncoderDescription, FeatureValue


class FeatureEncoder(BaseModel, ABC):
    """A fitted feature: turns its values into slots; slot 0 is unknown."""

    model_config = ConfigDict(frozen=True)

    kind: Kind

    @property
    @abstractmethod
    def labels(self) -> tuple[str, ...]:
        """What each slot but the unknown one stands for, no two alike."""

    @abstractmethod
    def encode(self, value: FeatureValue) -> list[int]:
        """Return the slots of a value; an empty list is unknown.

        Args:
            value: As a data set or a client gives it.

        Returns:
            Slots, none of them that of the unknown.

        Raises:
            FeatureValueError: If the value is of another type.
        """

    def usable(self, value: FeatureValue) -> list[int]:
        """Return the slots of a value, one at least; one of another type is unknown."""
        try:
            return self.encode(value) or [UNKNOWN_SLOT]
        except FeatureValueError:
            return [UNKNOWN_SLOT]

    @abstractmethod
    def unseen(self, value: FeatureValue) -> bool:
        """Tell whether a part of a value is one that training never saw."""

    @abstractmethod
    def describe(self) -> EncoderDescription:
        """Describe the feature to clients."""

    def slots_in(self, other: FeatureEncoder) -> Int64Array:
        """Tell what another encoder of the feature has each of this one's values for.

        Args:
            other: Fitted to other data, such as older ones.

        Returns:
            Slots of the other, one a slot of this; the unknown slot for values that are new.
        """
        slot_of = {label: slot for slot, label in enumerate(other.labels, start=1)}
        slots = [UNKNOWN_SLOT, *(slot_of.get(label, UNKNOWN_SLOT) for label in self.labels)]
        return np.array(slots, dtype=np.int64)

    @property
    def slots(self) -> int:
        """Number of slots, the unknown one included."""
        return len(self.labels) + 1

    @property
    def is_text(self) -> bool:
        """Tell whether the values are words of a free text."""
        return self.kind.has_words


def _restored(value: Any) -> FeatureEncoder:  # noqa: ANN401 - before it is checked
    if isinstance(value, FeatureEncoder):
        return value
    if not isinstance(value, dict):
        raise PydanticCustomError("dict_type", "Input should be an object")
    tag = value.get("kind")
    kind = KINDS.get(tag) if isinstance(tag, str) else None
    if kind is None:
        raise PydanticCustomError(
            "union_tag_invalid",
            "Input tag '{tag}' found using 'kind' does not match any of the expected tags: {known}",
            {"tag": str(tag), "known": ", ".join(repr(name) for name in KINDS)},
        )
    return kind.encoder.model_validate(value)


AnyEncoder = Annotated[SerializeAsAny[FeatureEncoder], PlainValidator(_restored)]
"""An encoder of whichever class its kind has."""
