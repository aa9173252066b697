"""All that a training loop hangs on: weights, optimiser, schedule, and sources of randomness."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

_OPTIMISER = "optimiser"
_SOURCE = "source"


@dataclass(frozen=True)
class TrainingState:
    """What is written to a checkpoint and restored from it, in place and bit-equal.

    Attributes:
        optimiser: The optimiser.
        random: Draws episodes.
        modules: Weights by name.
        tensors: Further weights by name.
        sources: Torch's sources of randomness by name.
        schedule: Of the optimiser's step size, if it has one.
    """

    optimiser: torch.optim.Optimizer
    random: np.random.Generator
    modules: Mapping[str, nn.Module] = field(default_factory=dict)
    tensors: Mapping[str, Tensor] = field(default_factory=dict)
    sources: Mapping[str, torch.Generator] = field(default_factory=dict)
    schedule: torch.optim.lr_scheduler.LRScheduler | None = None

    def named_tensors(self) -> dict[str, Tensor]:
        """Return every tensor under its name."""
        named = {f"tensor.{name}": tensor for name, tensor in self.tensors.items()}
        for module_name, module in self.modules.items():
            for name, tensor in module.state_dict().items():
                named[f"module.{module_name}.{name}"] = tensor
        for index, moments in self.optimiser.state_dict()["state"].items():
            for name, tensor in moments.items():
                named[f"{_OPTIMISER}.{index}.{name}"] = tensor
        for name, source in self.sources.items():
            named[f"{_SOURCE}.{name}"] = source.get_state()
        return named

    def as_json(self) -> dict[str, Any]:
        """Return what is no tensor: step sizes, and the state of numpy's source of randomness."""
        return {
            "optimiser": self.optimiser.state_dict()["param_groups"],
            "schedule": self.schedule.state_dict() if self.schedule else None,
            "random": self.random.bit_generator.state,
        }

    def restore(self, tensors: Mapping[str, Tensor], numbers: Mapping[str, Any]) -> None:
        """Take on a state that was written; the counterpart of the two above.

        Args:
            tensors: As `named_tensors` gave them.
            numbers: As `as_json` gave them.

        Raises:
            KeyError: If something is missing.
            RuntimeError: If something is of another shape.
            ValueError: If the optimiser's state is of other weights.
        """
        with torch.no_grad():
            for name, tensor in self.tensors.items():
                tensor.copy_(tensors[f"tensor.{name}"])
        for module_name, module in self.modules.items():
            module.load_state_dict(_under(f"module.{module_name}.", tensors))
        moments: dict[int, dict[str, Tensor]] = {}
        for name, tensor in _under(f"{_OPTIMISER}.", tensors).items():
            index, _, moment = name.partition(".")
            moments.setdefault(int(index), {})[moment] = tensor
        self.optimiser.load_state_dict({"state": moments, "param_groups": numbers["optimiser"]})
        if self.schedule:
            self.schedule.load_state_dict(numbers["schedule"])
        for name, source in self.sources.items():
            source.set_state(tensors[f"{_SOURCE}.{name}"])
        self.random.bit_generator.state = numbers["random"]


def _under(prefix: str, tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    return {
        name.removeprefix(prefix): tensor
        for name, tensor in tensors.items()
        if name.startswith(prefix)
    }
