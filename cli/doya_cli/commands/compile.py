"""doya compile"""

from __future__ import annotations

import os
import pathlib
from typing import Any

import click

from doya_cli import options


@options.command("compile", "compile --json")
@options.printed
def command(**output: Any) -> None:
    """Compile doya to machine code now, instead of at first use.

    Large runs use machine code.  Each part of it is compiled once, when a run first needs it; that
    run then takes some seconds longer.  This command compiles all parts and prints the folder in
    which they are kept.  Use it for a container image, a classroom or a cluster.

    The folder is beside doya's own files if you may write there, and otherwise in the user's cache.
    To choose another folder, set the environment variable NUMBA_CACHE_DIR, now and in later runs.

    numba uses machine code only from a folder to which the user may write.  So if several users are
    to share the machine code, as in a classroom, set NUMBA_CACHE_DIR to a folder to which all of
    them may write.  For users who may not, doya compiles again.

    Machine code is for one kind of processor: run this command on each kind.
    """
    options.require_room((), output["as_json"])

    from doya.kernels.machinery.compilation import cache_folder, is_disabled
    from doya.kernels.machinery.making import make_all
    from doya.kernels.machinery.registry import every_kernel
    from doya_cli.output import Answer, deliver
    from doya_cli.progress import progress
    from doya_cli.tables import table

    if is_disabled():
        raise click.ClickException("NUMBA_DISABLE_JIT switches machine code off: unset it.")
    kernels = every_kernel()
    folder = cache_folder(kernels[0])
    if folder is None:
        raise click.ClickException(
            "no folder for machine code can be written: set NUMBA_CACHE_DIR to a folder that can be"
            " written."
        )
    with progress(output["quiet"]) as tell:
        missing = make_all(tell)
    if missing:
        raise click.ClickException(
            f"{len(missing)} of {len(kernels)} kernels could not be kept in '{folder}': make room"
            " there, or set NUMBA_CACHE_DIR to a folder that can be written."
        )
    answer = Answer(
        command="compile",
        parameters={},
        result={"kernels": len(kernels), "folder": str(folder)},
        table=table(["kernels", "folder"], [[len(kernels), folder]]),
        columns={},
        notices=_notices(folder),
    )
    deliver(answer, [], **output)


def _notices(folder: pathlib.Path) -> list[str]:
    """Return a notice if numba does not use the folder that the user named."""
    wanted = os.environ.get("NUMBA_CACHE_DIR")
    if not wanted or folder.resolve().is_relative_to(pathlib.Path(wanted).resolve()):
        return []
    return [f"NUMBA_CACHE_DIR is {wanted!r}, which cannot be written: '{folder}' is used instead."]
