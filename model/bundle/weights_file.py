"""A file of stored tensors that can be read again, as a whole or row by row."""

from __future__ import annotations

import json
import os
import weakref
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from safetensors import SafetensorError
from safetensors.torch import load, load_file
from torch import Tensor

from model.errors import BundleError

_TYPES: dict[str, type[np.generic]] = {"F32": np.float32, "I8": np.int8}
_LENGTH_BYTES = 8


class WeightsFile:
    """A safetensors file of a bundle, which was checked.

    Args:
        path: The file.
        is_large: Whether its catalogue is so large that it should not all be in memory.
    """

    def __init__(self, path: Path, *, is_large: bool) -> None:
        self._path = path
        self.is_large = is_large

    def tensors(self) -> dict[str, Tensor]:
        """Read all tensors.

        A mapping of a large file takes no memory for what is not used. A file that somebody cuts
        short while it is mapped ends the process.

        Returns:
            Tensors by name.

        Raises:
            BundleError: If the file was replaced or cut short since it was checked.
        """
        try:
            return load_file(self._path) if self.is_large else load(self._path.read_bytes())
        except (SafetensorError, OSError) as error:
            raise BundleError(
                f"{self._path} was changed while it was read: {error}. A bundle is replaced as a "
                "whole folder; load it again."
            ) from error

    def rows(self, name: str) -> FileRows:
        """Open a table of which single rows are asked for.

        Args:
            name: The tensor.

        Returns:
            Its rows, in no memory.
        """
        return FileRows(self._path, name)


class FileRows:
    """Rows of a table, read from their file when they are asked for.

    Rows of a mapped file would bring the pages around them into memory too, and soon all of it.

    Args:
        path: A safetensors file.
        name: One of its tensors, of two dimensions.
    """

    def __init__(self, path: Path, name: str) -> None:
        self._file = os.open(path, os.O_RDONLY)
        weakref.finalize(self, os.close, self._file)
        length = int.from_bytes(os.pread(self._file, _LENGTH_BYTES, 0), "little")
        about: dict[str, Any] = json.loads(os.pread(self._file, length, _LENGTH_BYTES))[name]
        self.shape: tuple[int, int] = tuple(about["shape"])
        self.dtype = np.dtype(_TYPES[about["dtype"]])
        self._begin = _LENGTH_BYTES + length + about["data_offsets"][0]

    def __len__(self) -> int:
        return self.shape[0]

    def __getitem__(self, index: npt.NDArray[np.integer] | slice) -> npt.NDArray[Any]:
        """Read rows in the order of `index`, shape [rows, columns]."""
        rows = range(*index.indices(len(self))) if isinstance(index, slice) else index.tolist()
        found = np.empty((len(rows), self.shape[1]), dtype=self.dtype)
        row_bytes = self.shape[1] * self.dtype.itemsize
        for place, row in enumerate(rows):
            if os.preadv(self._file, [found[place]], self._begin + row * row_bytes) != row_bytes:
                raise OSError("the bundle's file was cut short while it was served")
        return found
