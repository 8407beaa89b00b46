"""Stores of sweeps: zarr arrays in a folder, whose chunks are written whole; alone knows zarr.

The status of a chunk is written last: where its file is, the chunk is done.  A store is made beside
its place and renamed, so any number of processes may make it at the same time.
"""

from __future__ import annotations

import concurrent.futures
import contextlib
import dataclasses
import json
import math
import os
import pathlib
import re
import shutil
import uuid
import warnings
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

import doya
from doya.errors import ArgumentError
from doya.extras import needed
from doya.memory import in_words
from doya.sweeps.errors import stopped_by_files
from doya.sweeps.plans import LISTED, LONG_NAMES, STATUS, Plan
from doya.sweeps.questions import Variable
from doya.sweeps.statuses import NOT_COMPUTED, SweepStatus

# Attributes of the store that hold the plan, its digest, and the version of doya.
PLAN, DIGEST, VERSION = "doya_plan", "doya_digest", "doya_version"
# Folder of the store with a file for each chunk that failed.
FAILED = ".doya"
# Compression by Blosc's lz4 of bytes of equal weight: for a chunk of flows a fifth of the time of
# zstd at its first level, and somewhat smaller.
CODEC, LEVEL = "lz4", 5
SEPARATOR = "."
# The array of statuses, and what its values mean.
OF_STATUS = Variable("int8", "status of the cell", NOT_COMPUTED)
FLAGS: dict[str, Any] = {
    "flag_values": [int(status) for status in SweepStatus],
    "flag_meanings": " ".join(status.name.lower() for status in SweepStatus),
}


@dataclass(frozen=True)
class Store:
    """A store that exists, and its plan."""

    path: pathlib.Path
    plan: Plan

    @classmethod
    def open(cls, path: str | os.PathLike[str], any_version: bool = False) -> Store:
        """Return the store in a folder; raise if there is none, or if another doya made it."""
        folder = checked_path(path)
        found = _attributes(folder)
        if found is None:
            words = "something else: choose another path, or remove what is there"
            if not folder.exists():
                words = "not there"
            words = f"must be a folder of a sweep, and {str(path)!r} is {words}"
            raise ArgumentError("store", words)
        if found[VERSION] != doya.__version__ and not any_version:
            raise ArgumentError(
                "store",
                f"must be of doya {doya.__version__}, and {str(path)!r} is of doya"
                f" {found[VERSION]}, whose bits may differ: use that version, or allow another with"
                " any_version=True",
            )
        try:
            plan = Plan.from_json(found[PLAN], lambda name: _axis(folder, name))
        except (ValueError, KeyError, TypeError, AttributeError, OSError):
            raise ArgumentError("store", _damaged(path, "a plan that cannot be read")) from None
        for name in (*plan.over, *plan.variables, STATUS):
            if not (folder / name / "zarr.json").is_file():
                raise ArgumentError("store", _damaged(path, f"no array {name!r}"))
        for name, values in plan.over.items():
            if values.size <= LISTED and not _holds(folder, name, values):  # longer: by digest
                raise ArgumentError("store", _damaged(path, f"other values of {name}, or none"))
        return cls(folder, plan)

    @classmethod
    def create(cls, path: str | os.PathLike[str], plan: Plan, any_version: bool = False) -> Store:
        """Return the store of this plan, made if it is missing; raise if it is of another plan."""
        folder = pathlib.Path(os.path.realpath(checked_path(path)))
        if folder == pathlib.Path.cwd():
            raise ArgumentError("store", f"must not be the current folder, got {str(path)!r}")
        if not folder.exists() or _is_empty(folder):
            _require_room(folder, plan)
            with stopped_by_files(path):
                _make(folder, plan)
        store = cls.open(folder, any_version)
        different = store.plan.difference(plan)  # by value: 50 is 50.0
        if different:
            words = (
                f"must hold the same sweep, but in {str(path)!r} {different}: choose another path"
            )
            rechunked = dataclasses.replace(plan, lengths=store.plan.lengths)
            if not store.plan.difference(rechunked):
                words += ", or open_sweep(path).go_on() goes on with the chunks that are there"
            raise ArgumentError("store", words)
        return store

    @cached_property
    def _arrays(self) -> dict[str, Any]:
        root = needed("zarr", "doya.sweep").open_group(
            str(self.path), mode="r+", use_consolidated=True
        )
        # Also chunks of NaN alone, so that a file that is missing was removed.
        return {
            name: root[name].with_config({"write_empty_chunks": True}) for name in self._written
        }

    @property
    def _written(self) -> tuple[str, ...]:
        """Return the names of the arrays that have chunks, the status last."""
        return (*self.plan.variables, STATUS)

    def _file(self, name: str, chunk: int) -> pathlib.Path:
        index = np.unravel_index(chunk, self.plan.grid)
        return self.path / name / (SEPARATOR.join(["c", *map(str, index)]) + self._ending(name))

    def _ending(self, name: str) -> str:
        """Return how a file ends whose array has further axes: these are in one chunk."""
        return f"{SEPARATOR}0" * len(self.plan.variables[name].more) if name != STATUS else ""

    def is_done(self, chunk: int) -> bool:
        """Return whether a chunk is complete."""
        return all(self._file(name, chunk).exists() for name in reversed(self._written))

    def done(self) -> NDArray[np.bool_]:
        """Return whether each chunk is complete: its status and all of its variables are there."""
        try:
            *others, names = ({*os.listdir(self.path / name)} for name in self._written)
        except OSError as error:
            words = _damaged(self.path, f"a folder that cannot be read ({error.strerror})")
            raise ArgumentError("store", words) from None
        endings = [self._ending(name) for name in self.plan.variables]
        for end, each in zip(endings, others, strict=True):
            names = {name for name in names if name + end in each}
        return _marked(names, self.plan.grid)

    def write(self, chunk: int, arrays: Mapping[str, NDArray[Any]]) -> None:
        """Write the arrays of a chunk, the status last, and forget that it failed."""
        place = self.plan.place(chunk)
        with stopped_by_files(self.path):
            for name in self._written:
                self._arrays[name][place] = arrays[name]
            self._failure(chunk).unlink(missing_ok=True)

    def _failure(self, chunk: int) -> pathlib.Path:
        return self.path / FAILED / f"failed-{chunk}.json"

    def note_failure(self, chunk: int, words: str) -> None:
        """Keep in words why a chunk could not be computed."""
        note = self._failure(chunk)
        partial = note.with_suffix(f".{uuid.uuid4().hex}")
        with stopped_by_files(self.path):
            note.parent.mkdir(exist_ok=True)
            partial.write_text(json.dumps({"chunk": chunk, "error": words}), encoding="utf-8")
            partial.replace(note)

    def failed(self) -> dict[int, str]:
        """Return why chunks could not be computed, by their numbers."""
        found = {}
        for path in (self.path / FAILED).glob("failed-*.json"):
            with contextlib.suppress(OSError, ValueError, KeyError, TypeError):  # it was edited
                note = json.loads(path.read_text(encoding="utf-8"))
                if not self.is_done(int(note["chunk"])):
                    found[int(note["chunk"])] = str(note["error"])
        return dict(sorted(found.items()))

    def sweep_up(self) -> None:
        """Remove what killed runs have left half written; for a store that is complete."""
        for folder in (self.path / name for name in self._written):
            for name in os.listdir(folder):
                if name.endswith(".partial"):
                    (folder / name).unlink(missing_ok=True)

    def labelled(self) -> Any:
        """Return the arrays as an xarray.Dataset, which reads them when they are used."""
        xarray = needed("xarray", "to_xarray")
        return xarray.open_zarr(str(self.path), consolidated=True, chunks=None)


def _marked(names: Iterable[str], grid: tuple[int, ...]) -> NDArray[np.bool_]:
    """Return whether each chunk is among the names of files; there may be a million."""
    place = rf"\{SEPARATOR}".join(len(grid) * ["[0-9]{1,18}"])
    chunks = re.findall(rf"(?<![^/])c\{SEPARATOR}({place})(?![^/])", "/".join(names))
    found = np.zeros(grid, dtype=bool)
    if chunks:
        numbers = np.fromstring(SEPARATOR.join(chunks), dtype=np.int64, sep=SEPARATOR)
        index = numbers.reshape(-1, len(grid))
        found[tuple(index[(index < grid).all(axis=1)].T)] = True
    return found.ravel()


def _attributes(folder: pathlib.Path) -> Mapping[str, Any] | None:
    """Return the attributes of a store, or None if it is none."""
    try:
        found = json.loads((folder / "zarr.json").read_text(encoding="utf-8"))["attributes"]
        return found if {PLAN, DIGEST, VERSION} <= found.keys() else None
    except (OSError, ValueError, KeyError, AttributeError, TypeError):
        return None


def checked_path(path: Any) -> pathlib.Path:
    """Return the path of a store; raise for anything else."""
    if not isinstance(path, (str, os.PathLike)) or not os.fspath(path):
        raise ArgumentError("store", f"must be a path such as 'x.zarr', got {path!r}")
    return pathlib.Path(path)


def _damaged(path: Any, found: str) -> str:
    return (
        f"must be a whole store, and {str(path)!r} has {found}: remove it, or choose another path"
    )


def _axis(folder: pathlib.Path, name: str) -> NDArray[np.float64]:
    """Return the values of an axis as `_empty` has stored them, without compression."""
    return np.fromfile(folder / name / "c" / "0", dtype="<f8")


def _holds(folder: pathlib.Path, name: str, values: NDArray[np.float64]) -> bool:
    """Return whether the store has these values of an axis."""
    try:
        return np.array_equal(_axis(folder, name), values)
    except OSError:
        return False


def _is_empty(folder: pathlib.Path) -> bool:
    return folder.is_dir() and not any(folder.iterdir())


def _require_room(folder: pathlib.Path, plan: Plan) -> None:
    """Raise if the disk has less room than the arrays need without compression."""
    place = next((each for each in (folder, *folder.absolute().parents) if each.exists()), folder)
    free, needed_bytes = shutil.disk_usage(place).free, plan.cells * plan.bytes_a_cell
    if needed_bytes > free:
        raise ArgumentError(
            "store",
            f"asks for {plan.cells:.4g} cells in {len(plan.variables) + 1} arrays,"
            f" {in_words(needed_bytes)}; {in_words(free)} are free: use fewer cells or quantities,"
            " or a path on a larger disk",
        )


def _make(folder: pathlib.Path, plan: Plan) -> None:
    """Write a store without chunks beside its place, and give it its name."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    beside = folder.with_name(f".doya-{uuid.uuid4().hex}")
    try:
        # Ctrl-C interrupts no other thread: this one is waited for, and leaves nothing behind.
        with concurrent.futures.ThreadPoolExecutor(1) as alone:
            alone.submit(_write_empty, beside, plan).result()
        beside.rename(folder)
    except OSError:
        if _attributes(folder) is None:  # else another process was first
            raise
    finally:
        shutil.rmtree(beside, ignore_errors=True)


def _write_empty(folder: pathlib.Path, plan: Plan) -> None:
    """Write the files of a store, made in memory first: zarr waits 1 ms or more for each file."""
    for name, content in _empty(plan).items():
        file = folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content)


def _empty(plan: Plan) -> dict[str, bytes]:
    """Return the content of the files of a store without chunks."""
    zarr = needed("zarr", "doya.sweep")
    files: dict[str, Any] = {}
    memory = zarr.storage.MemoryStore(files)
    root = zarr.create_group(memory, zarr_format=3, attributes=_about(plan))
    codec = zarr.codecs.BloscCodec(cname=CODEC, clevel=LEVEL, shuffle="shuffle")
    more = dict(each for variable in plan.variables.values() for each in variable.more)
    for name, values in {**plan.over, **{key: np.arange(n) for key, n in more.items()}}.items():
        about = {"long_name": LONG_NAMES.get(name, f"letter {name} of the author"), "units": "1"}
        array = root.create_array(
            name, shape=values.shape, dtype=values.dtype, chunks=values.shape,
            compressors=None, dimension_names=[name], attributes=about,
            config={"write_empty_chunks": True},  # an axis of the value 0 alone is no empty one
        )  # fmt: skip
        array[...] = values
    for name, variable in {**plan.variables, STATUS: OF_STATUS}.items():
        about = {"long_name": variable.long_name, "units": "1"}
        whole = dict(variable.more)
        root.create_array(
            name, shape=(*plan.shape, *whole.values()), chunks=(*plan.lengths, *whole.values()),
            dtype=variable.dtype, compressors=codec,
            fill_value=variable.fill if math.isnan(variable.fill) else int(variable.fill),
            dimension_names=[*plan.names, *whole],
            attributes=about | (FLAGS if name == STATUS else {}),
            chunk_key_encoding={"name": "default", "separator": SEPARATOR},
        )  # fmt: skip
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # consolidated metadata are not in the specification yet
        zarr.consolidate_metadata(memory, zarr_format=3)
    return {name: content.to_bytes() for name, content in files.items()}


def _about(plan: Plan) -> dict[str, str]:
    listed = ", ".join(
        f"{name} ({axis.size} values from {axis.min():g} to {axis.max():g})"
        for name, axis in plan.over.items()
    )
    return {
        "Conventions": "CF-1.11",
        "title": f"Sweep of {', '.join(plan.quantities)} over {listed}",
        "source": f"doya {doya.__version__}",
        "history": f"made by doya.sweep of {plan.neuron}, {plan.settings!r}",
        PLAN: plan.as_json(),
        DIGEST: plan.digest,
        VERSION: doya.__version__,
    }
