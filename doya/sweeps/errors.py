"""The error of a sweep that cannot go on."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager


class SweepStoppedError(OSError):
    """Error for a sweep that had to stop, such as on a full disk; what is done is kept."""

    def __str__(self) -> str:
        return str(self.strerror)


@contextmanager
def stopped_by_files(path: str | os.PathLike[str]) -> Iterator[None]:
    """Have a file operation that fails in the block stop the sweep, and name its store."""
    try:
        yield
    except SweepStoppedError:
        raise
    except OSError as error:
        words = f"cannot write into {os.fspath(path)!r}: {error.strerror or error}"
        raise SweepStoppedError(error.errno, words) from error
