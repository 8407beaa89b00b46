"""Data files of labelled arrays: netCDF, one file, and zarr 3, a folder."""

from __future__ import annotations

import json
import warnings
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from doya_cli.output import Answer


def netcdf(answer: Answer) -> bytes:
    """Return the bytes of a netCDF file, version 3."""
    return bytes(_dataset(answer).to_netcdf(engine="scipy"))


def zarr(answer: Answer) -> dict[str, bytes]:
    """Return the files of a zarr store by their names; words are flags with meanings."""
    store: dict[str, Any] = {}
    from zarr.storage import MemoryStore

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # consolidated metadata are not in the specification yet
        plain = _without_words(_dataset(answer))
        plain.to_zarr(MemoryStore(store), zarr_format=3, consolidated=True)
    return {name: content.to_bytes() for name, content in store.items()}


def require_labelled() -> None:
    """Refuse a file of labelled arrays, before any work is done, if xarray or zarr is missing."""
    from doya.extras import MissingExtraError, needed

    try:
        for package in ("xarray", "zarr"):
            needed(package, "a file with the suffix .nc or .zarr")
    except MissingExtraError as error:
        raise click.ClickException(f"{error}.") from None


def _dataset(answer: Answer) -> Any:
    """Return the result as a dataset, or its columns along one axis, with version and command."""
    import xarray

    from doya_cli.output import plain

    if answer.labelled is not None:
        found = answer.labelled()
    else:
        columns = {name: ("row", _column(each)) for name, each in answer.columns.items()}
        found = xarray.Dataset(columns, attrs={"Conventions": "CF-1.11"})
    return found.assign_attrs(
        source=f"doya {answer.version}",
        history=answer.command_line,
        parameters=json.dumps(plain(answer.parameters)),
        **answer.about,
    )


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
