"""What a missing extra of the package is called, and how to install it."""

from __future__ import annotations

import importlib
from typing import Any

# The packages of each extra.
EXTRAS = {"sweep": ("zarr", "xarray"), "cluster": ("distributed",)}


class MissingExtraError(ImportError):
    """Error for a package that only an extra of doya brings."""


def needed(package: str, task: str) -> Any:
    """Return the imported package; raise with the command that installs it, if it is missing."""
    extra = next((name for name, packages in EXTRAS.items() if package in packages), "sweep")
    try:
        return importlib.import_module(package)
    except ImportError:
        words = f"{task} needs the package {package}: pip install 'doya[{extra}]'"
        raise MissingExtraError(words, name=package) from None
