"""The answer of a command, and its outputs: table, JSON, data files and figures.

Everything is rendered in memory before the first file is written, and a file takes its name only
when it is complete.
"""

from __future__ import annotations

import contextlib
import csv
import dataclasses
import io
import json
import math
import os
import pathlib
import shlex
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import click

from doya_cli import progress
from doya_cli.files import Content, distinct, write
from doya_cli.looks import PLAIN, Look
from doya_cli.motions import FRAMES, MOTION_SUFFIXES, Animate, are_moving, filmed
from doya_cli.options import FIGURE_SUFFIXES, LABELLED_SUFFIXES
from doya_cli.pictures import drawn, saved
from doya_cli.tables import paragraph
from doya_cli.usage import NOTICES

if TYPE_CHECKING:
    from matplotlib.figure import Figure

# Size of a CSV file, in bytes, above which --yes is needed.
LARGE_CSV = 200e6
# Number of rows from which the size is estimated.
SAMPLE = 1000

Columns = Mapping[str, Sequence[Any]]


@dataclass(frozen=True)
class Answer:
    """Answer of a command.

    `parameters` are the values of the options, a tuple where an option is given several times.
    `result` is the JSON, `table` the text, and `columns` the data by name, all of one length.
    `draw` draws it on a figure; None if there is no picture.  `animate` does so in motion, with at
    most a number of frames; None if nothing moves.  `notices` are sentences for standard
    error.  `arguments` are the parameters that are not options: words, or NAME=VALUE.  `about` are
    further sentences for the data files.  `labelled` returns the result as an xarray.Dataset; None
    if its columns are all there is.  `arrays` are for NPZ files besides the columns, of any shape.
    """

    command: str
    parameters: dict[str, Any]
    result: dict[str, Any]
    table: str
    columns: Columns
    draw: Callable[[Figure], Any] | None = None
    animate: Animate | None = None
    notices: Sequence[str] = ()
    arguments: Sequence[str] = ()
    about: Mapping[str, str] = field(default_factory=dict)
    labelled: Callable[[], Any] | None = None
    arrays: Mapping[str, Any] = field(default_factory=dict)

    @property
    def version(self) -> str:
        import doya

        return doya.__version__

    @property
    def command_line(self) -> str:
        """The command that makes this answer again, also if later versions change defaults."""
        words = ["doya", self.command]
        for name, value in self.parameters.items():
            if value is None or value is False:
                continue
            if name in self.arguments:
                pairs = isinstance(value, Mapping)
                words += [f"{k}={v}" for k, v in value.items()] if pairs else [str(value)]
                continue
            if value is True:
                words.append(f"--{name.replace('_', '-')}")
                continue
            several = isinstance(value, list) and isinstance(value[0], list)
            for each in value if several or isinstance(value, tuple) else [value]:
                words.append(f"--{name.replace('_', '-')}")
                words += map(str, each if isinstance(each, list) else [each])
        return " ".join(map(_quoted, words))

    def as_json(self, **more: Any) -> str:
        whole = {
            "command": self.command,
            "version": self.version,
            "parameters": self.parameters,
            "result": self.result,
            **more,
        }
        return json.dumps(plain(whole), indent=2, allow_nan=False) + "\n"


def deliver(
    answer: Answer,
    outputs: Sequence[str],
    as_json: bool,
    quiet: bool,
    yes: bool = False,
    look: Look = PLAIN,
    frames: int = FRAMES,
) -> None:
    """Write every file asked for, then print the table, the JSON or the CSV."""
    paths = distinct([pathlib.Path(path) for path in outputs if path != "-"])
    if not yes:
        _check_size(answer, outputs)
    with progress.progress(quiet) if are_moving(outputs) else contextlib.nullcontext() as tell:
        contents = {
            path: _moving(answer, path.suffix.lower(), look, frames, tell)
            if are_moving([path.name])
            else rendered(answer, path.suffix.lower(), look)
            for path in paths
        }
    write(contents)
    progress.wipe()
    if as_json:
        click.echo(answer.as_json(), nl=False)
    elif "-" in outputs:
        click.echo(_csv(answer), nl=False)
    elif not quiet:
        click.echo(answer.table)
    if not quiet:
        unused = click.get_current_context().meta.get(NOTICES, ())
        for notice in map(paragraph, (*unused, *answer.notices)):
            click.echo(notice, err=True)
        for path in paths:
            click.echo(f"Wrote {path}", err=True)


def _moving(answer: Answer, suffix: str, look: Look, frames: int, tell: Any) -> bytes:
    """Return the bytes of an animation."""
    assert answer.animate is not None  # its command has no such output
    more = f" --frames {frames}" if frames != FRAMES else ""
    return filmed(
        answer.animate, suffix, answer.command_line + more + look.words, look, frames, tell
    )


def asks_for_data(outputs: Sequence[str]) -> bool:
    """Return whether an output needs the columns, which may be very long."""
    pictures = (*FIGURE_SUFFIXES, *MOTION_SUFFIXES)
    return any(pathlib.PurePath(path).suffix.lower() not in pictures for path in outputs)


def rendered(answer: Answer, suffix: str, look: Look = PLAIN) -> Content:
    """Return the content of the file with this suffix; a look is for pictures only."""
    if suffix in FIGURE_SUFFIXES:
        assert answer.draw is not None  # its command has no such output
        figure, _ = drawn(answer.draw, look)
        return saved(figure, suffix, answer.command_line + look.words, look=look)
    if suffix == ".csv":
        return _csv(answer).encode()
    if suffix == ".json":
        return answer.as_json(data=plain(answer.columns, infinite=str)).encode()
    if suffix in LABELLED_SUFFIXES:
        return _labelled(answer, suffix)
    return _npz(answer)


def _labelled(answer: Answer, suffix: str) -> Content:
    """Return labelled arrays: the result or the columns, with version, command and parameters."""
    from doya_cli import labelled

    found = answer.labelled() if answer.labelled else labelled.of_columns(answer.columns)
    found = found.assign_attrs(
        source=f"doya {answer.version}",
        history=answer.command_line,
        parameters=json.dumps(plain(answer.parameters)),
        **answer.about,
    )
    return labelled.netcdf(found) if suffix == ".nc" else labelled.zarr(found)


def _quoted(word: str) -> str:
    """Return the word for a shell, on one line: unprintable characters are escaped by bytes."""
    if word.isprintable():
        return shlex.quote(word)
    characters = (
        c
        if c.isprintable() and c not in "\\'"
        else "".join(map(r"\x{:02x}".format, os.fsencode(c)))
        for c in word
    )
    return f"$'{''.join(characters)}'"


def _csv(answer: Answer) -> str:
    """Return comment lines, the names of the columns, and one row per point."""
    text = io.StringIO()
    text.write(f"# doya {answer.version}\n# command: {answer.command_line}\n")
    text.write(f"# parameters: {json.dumps(plain(answer.parameters))}\n")
    text.writelines(f"# {name}: {words}\n" for name, words in answer.about.items())
    rows = csv.writer(text, lineterminator="\n")
    rows.writerow(answer.columns)
    columns = [_plain_list(column) for column in answer.columns.values()]
    rows.writerows(zip(*columns, strict=True))
    return text.getvalue()


def _check_size(answer: Answer, outputs: Sequence[str]) -> None:
    """Refuse CSV above LARGE_CSV bytes; the size is estimated from some of its rows."""
    asked = [path for path in outputs if path == "-" or path.lower().endswith(".csv")]
    rows = len(next(iter(answer.columns.values()), ()))
    if not asked or not rows:
        return
    some = {name: each[:: rows // SAMPLE + 1] for name, each in answer.columns.items()}
    sample = dataclasses.replace(answer, columns=some)
    expected = len(_csv(sample)) * rows / len(next(iter(some.values())))
    if expected > LARGE_CSV:
        raise click.UsageError(
            f"-o {asked[0]} would write about {expected / 1e6:.0f} MB of CSV: add --yes to write"
            " it, or use .npz, which is smaller."
        )


def _npz(answer: Answer) -> bytes:
    import numpy as np

    contents: dict[str, Any] = {
        "version": answer.version,
        "command": answer.command_line,
        "parameters": json.dumps(plain(answer.parameters)),
        **answer.about,
        **answer.columns,
        **answer.arrays,
    }
    buffer = io.BytesIO()
    np.savez_compressed(buffer, **contents)
    return buffer.getvalue()


def _plain_list(column: Sequence[Any]) -> list[Any]:
    """Return Python's own numbers, which print with the digits that they need.

    NaN is written as R, Julia, pandas and polars do; polars makes words of a column with "nan".
    """
    values = column.tolist() if hasattr(column, "tolist") else list(column)
    return [
        str(value).lower() if isinstance(value, bool) else "NaN" if value != value else value
        for value in values
    ]


def plain(value: Any, infinite: Callable[[float], Any] = lambda value: None) -> Any:
    """Return the value as JSON can hold it: arrays as lists, NaN as None.

    Infinities are None, or what `infinite` makes of them.
    """
    if isinstance(value, Mapping):
        return {str(name): plain(each, infinite) for name, each in value.items()}
    if hasattr(value, "tolist"):
        return plain(value.tolist(), infinite)
    if isinstance(value, (list, tuple)):
        return [plain(each, infinite) for each in value]
    if isinstance(value, float) and not math.isfinite(value):
        return None if math.isnan(value) else infinite(value)
    return value
