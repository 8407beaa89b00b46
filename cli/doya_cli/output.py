"""An answer, and the ways it leaves: table, JSON, data files and figures.

Everything is rendered in memory before the first file is touched, and a file takes its name only
when it is complete.
"""

from __future__ import annotations

import contextlib
import csv
import io
import json
import math
import os
import pathlib
import shlex
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import click

from doya_cli.options import FIGURE_SUFFIXES

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Columns = Mapping[str, Sequence[Any]]


@dataclass(frozen=True)
class Answer:
    """What a command found.

    `parameters` are what made it, a tuple where an option is given several times, `result` its
    JSON, `table` its text, `columns` its data by name, all of one length, `draw` puts it on axes
    (None: there is no picture), `notices` are what to mind, for standard error, and `arguments`
    those parameters that are no options: words, or NAME=VALUE.
    """

    command: str
    parameters: dict[str, Any]
    result: dict[str, Any]
    table: str
    columns: Columns
    draw: Callable[[Axes], Any] | None = None
    notices: Sequence[str] = ()
    arguments: Sequence[str] = ()

    @property
    def version(self) -> str:
        import doya

        return doya.__version__

    @property
    def command_line(self) -> str:
        """The command that makes this answer again, whatever defaults a later version has."""
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
        return shlex.join(words)

    def as_json(self, **more: Any) -> str:
        whole = {
            "command": self.command,
            "version": self.version,
            "parameters": self.parameters,
            "result": self.result,
            **more,
        }
        return json.dumps(_plain(whole), indent=2, allow_nan=False, ensure_ascii=False) + "\n"


def deliver(answer: Answer, outputs: Sequence[str], as_json: bool, quiet: bool) -> None:
    """Write every file asked for, then print the table, the JSON or the CSV."""
    if as_json and "-" in outputs:
        raise click.UsageError("--json and -o - both print to standard output: choose one.")
    if sys.stdout is None and (as_json or "-" in outputs):
        raise click.ClickException("there is no standard output to print to.")
    paths = _distinct([pathlib.Path(path) for path in outputs if path != "-"])
    if not outputs and not as_json and answer.draw is not None:
        paths = [pathlib.Path(f"doya-{answer.command}.png")]

    contents = [(path, _render(answer, path.suffix.lower())) for path in paths]
    with contextlib.ExitStack() as stack:
        for path, content in contents:
            stack.enter_context(_written_whole(path, content))
    if as_json:
        click.echo(answer.as_json(), nl=False)
    elif "-" in outputs:
        click.echo(_csv(answer), nl=False)
    elif not quiet:
        click.echo(answer.table)
    if not quiet:
        for notice in (*answer.notices, *(f"Wrote {path}" for path in paths)):
            click.echo(notice, err=True)


def asks_for_data(outputs: Sequence[str]) -> bool:
    """Whether the columns are needed, for answers of which there may be very many."""
    return any(pathlib.PurePath(path).suffix.lower() not in FIGURE_SUFFIXES for path in outputs)


def _distinct(paths: list[pathlib.Path]) -> list[pathlib.Path]:
    """A file that is named twice, by a link perhaps, is written once."""
    files: dict[str, pathlib.Path] = {}
    for path in paths:
        try:
            other = files.setdefault(os.path.realpath(path), path)
        except OSError as error:
            raise click.ClickException(f"cannot write {str(path)!r}: {error.strerror}.") from None
        if other.suffix.lower() != path.suffix.lower():
            raise click.UsageError(f"{str(other)!r} and {str(path)!r} are one file: choose one.")
    return list(files.values())


@contextlib.contextmanager
def _written_whole(path: pathlib.Path, content: bytes) -> Iterator[None]:
    """Write beside the path; rename onto it only when everything else has been written too."""
    partial = None
    try:
        target = pathlib.Path(os.path.realpath(path))
        if target.is_dir():
            raise IsADirectoryError(0, "it is a folder")
        if target.exists() and not os.access(target, os.W_OK):
            raise PermissionError(0, "it is read-only")
        if target.exists() and not target.is_file():
            target.write_bytes(content)  # a device or a pipe cannot be replaced
            yield
            return
        # A name of its own, not longer than any that the file may have.
        partial = target.with_name(f".doya-{os.getpid()}-{abs(hash(target)):x}")
        partial.write_bytes(content)
        if target.exists():
            partial.chmod(target.stat().st_mode)
        yield
        partial.replace(target)
    except OSError as error:
        raise click.ClickException(f"cannot write {str(path)!r}: {error.strerror}.") from None
    finally:
        if partial is not None:
            with contextlib.suppress(OSError):
                partial.unlink()


def _render(answer: Answer, suffix: str) -> bytes:
    if suffix in FIGURE_SUFFIXES:
        assert answer.draw is not None  # its command has no such output
        return _figure(answer, answer.draw, suffix)
    if suffix == ".csv":
        return _csv(answer).encode()
    if suffix == ".json":
        return answer.as_json(data=answer.columns).encode()
    return _npz(answer)


def _figure(answer: Answer, draw: Callable[[Axes], Any], suffix: str) -> bytes:
    import logging

    logging.getLogger("matplotlib").setLevel(logging.ERROR)  # its notices are not the user's
    import matplotlib
    from matplotlib.figure import Figure

    from doya.plots import STYLE

    maker, made_by = f"doya {answer.version}", answer.command_line
    # Dates out, so that the same command gives the same bytes.
    metadata: dict[str, dict[str, str | None]] = {
        ".png": {"Software": maker, "Comment": made_by},
        ".svg": {"Creator": maker, "Description": made_by, "Date": None},
        ".pdf": {"Creator": maker, "Subject": made_by, "CreationDate": None},
    }
    buffer = io.BytesIO()
    with matplotlib.rc_context(fname=STYLE):
        figure = Figure()
        draw(figure.subplots())
        figure.savefig(buffer, format=suffix[1:], metadata=metadata[suffix])
    return buffer.getvalue()


def make_tall(ax: Axes, times: float) -> Axes:
    """The figure so many times as tall, with the style's own margins."""
    figure: Any = ax.figure
    margins = figure.subplotpars
    figure.set_figheight(times * figure.get_figheight())
    figure.subplots_adjust(bottom=margins.bottom / times, top=1.0 - (1.0 - margins.top) / times)
    return ax


def make_solid(ax: Axes) -> Any:
    """Axes in three dimensions instead of these, on all of the page but a margin."""
    figure: Any = ax.figure
    ax.remove()
    return figure.add_axes((0.0, 0.05, 0.92, 0.91), projection="3d")


def make_two(ax: Axes, times: float, share: float) -> tuple[Axes, Axes]:
    """Two instead of these on a page so many times as tall, a share for the upper one."""
    figure: Any = make_tall(ax, times).figure
    ax.remove()
    ratios, space = (share, 1.0 - share), {"hspace": 0.6 / times}
    upper, lower = figure.subplots(2, height_ratios=ratios, gridspec_kw=space)
    return upper, lower


def _csv(answer: Answer) -> str:
    """A header of three comment lines, the names, and a row a point."""
    text = io.StringIO()
    text.write(f"# doya {answer.version}\n# command: {answer.command_line}\n")
    text.write(f"# parameters: {json.dumps(_plain(answer.parameters))}\n")
    rows = csv.writer(text, lineterminator="\n")
    rows.writerow(answer.columns)
    columns = [_plain_list(column) for column in answer.columns.values()]
    rows.writerows(zip(*columns, strict=True))
    return text.getvalue()


def _npz(answer: Answer) -> bytes:
    import numpy as np

    buffer = io.BytesIO()
    np.savez_compressed(
        buffer,
        allow_pickle=False,
        version=np.array(answer.version),
        command=np.array(answer.command_line),
        parameters=np.array(json.dumps(_plain(answer.parameters))),
        **{name: np.asarray(column) for name, column in answer.columns.items()},
    )
    return buffer.getvalue()


def _plain_list(column: Sequence[Any]) -> list[Any]:
    """Python's own numbers, which print with as many digits as they need."""
    values = column.tolist() if hasattr(column, "tolist") else list(column)
    return [str(value).lower() if isinstance(value, bool) else value for value in values]


def _plain(value: Any) -> Any:
    """What JSON can hold: arrays as lists, non-finite numbers as null."""
    if isinstance(value, Mapping):
        return {str(name): _plain(each) for name, each in value.items()}
    if hasattr(value, "tolist"):
        return _plain(value.tolist())
    if isinstance(value, (list, tuple)):
        return [_plain(each) for each in value]
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value


def table(header: Sequence[str], rows: Sequence[Sequence[Any]]) -> str:
    """Columns aligned under their names; floats with every digit they need."""
    cells = [list(header)] + [
        ["yes" if c is True else "no" if c is False else "-" if c is None else str(c) for c in row]
        for row in rows
    ]
    widths = [max(len(row[k]) for row in cells) for k in range(len(header))]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in cells
    )
