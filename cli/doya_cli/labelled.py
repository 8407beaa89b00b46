"""Data files of labelled arrays: netCDF, one file, and zarr 3, a folder."""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from typing import Any

import click


def netcdf(found: Any) -> bytes:
    """Return the bytes of a netCDF file, version 3."""
    return bytes(found.to_netcdf(engine="scipy"))


def zarr(found: Any) -> dict[str, bytes]:
    """Return the files of a zarr store by their names; words are flags with meanings."""
    from doya.extras import needed

    store: dict[str, Any] = {}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # consolidated metadata are not in the specification yet
        memory = needed("zarr", "a store").storage.MemoryStore(store)
        _without_words(found).to_zarr(memory, zarr_format=3, consolidated=True)
    return {name: content.to_bytes() for name, content in store.items()}


def require_labelled() -> None:
    """Refuse a file of labelled arrays, before any work is done, if xarray or zarr is missing."""
    from doya.extras import MissingExtraError, needed

    try:
        for package in ("xarray", "zarr"):
            needed(package, "a file with the suffix .nc or .zarr")
    except MissingExtraError as error:
        raise click.ClickException(f"{error}.") from None


def of_columns(columns: Mapping[str, Sequence[Any]]) -> Any:
    """Return columns as a dataset along one axis, the row."""
    from doya.extras import needed

    arrays = {name: ("row", _column(each)) for name, each in columns.items()}
    xarray = needed("xarray", "a labelled file")
    return xarray.Dataset(arrays, attrs={"Conventions": "CF-1.11"})


def _column(values: Any) -> Any:
    """Return a column as an array: numbers where all are, and words otherwise."""
    import numpy as np

    listed = list(values)
    if all(isinstance(each, (bool, np.bool_)) for each in listed):
        return np.array(listed, dtype=bool)
    try:
        return np.array([np.nan if each is None else each for each in listed], dtype=np.float64)
    except (TypeError, ValueError):
        return np.array(["" if each is None else str(each) for each in listed])


def _without_words(found: Any) -> Any:
    """Return a dataset whose words are numbers, with the words as meanings of flags."""
    import numpy as np

    plain = found.copy()
    for name, each in found.variables.items():
        if each.dtype.kind in "OU":
            words, numbers = np.unique(np.asarray(each.values, dtype=str), return_inverse=True)
            meanings = " ".join(word.replace(" ", "_") or "none" for word in words)
            flags = {"flag_values": list(range(len(words))), "flag_meanings": meanings}
            shaped = numbers.reshape(each.shape).astype(np.int16)
            plain[name] = (each.dims, shaped, {**each.attrs, **flags})
    return plain
