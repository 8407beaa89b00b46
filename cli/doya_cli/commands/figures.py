"""doya figures"""

from __future__ import annotations

import pathlib
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

import click
from click.core import ParameterSource
from click.shell_completion import CompletionItem

from doya_cli import completion, options, values
from doya_cli.looks import Look, look
from doya_cli.moving_figures import MOVING
from doya_cli.suggestions import did_you_mean
from doya_cli.usage import Argument, notice

if TYPE_CHECKING:
    from doya.figures import Recipe


class FigureName(click.ParamType):  # type: ignore[type-arg]  # generic since click 8.4
    """Name of a figure; the figures are imported only when one is requested."""

    name = "name"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        if value not in _recipes():
            likely = did_you_mean(str(value), _recipes())
            listed = f"; choose from {', '.join(_recipes())}."
            self.fail(f"{value!r} is not a figure{likely or listed}", param, ctx)
        return str(value)

    def shell_complete(
        self, ctx: click.Context, param: click.Parameter, incomplete: str
    ) -> list[CompletionItem]:
        return [CompletionItem(name) for name in _recipes() if name.startswith(incomplete)]


def _recipes() -> dict[str, Recipe]:
    from doya_cli.looks import settle

    settle()
    from doya.figures import FIGURES

    return FIGURES


def _one_folder(ctx: click.Context, param: click.Parameter, value: Any) -> pathlib.Path:
    if len(value) > 1 or value[0] in ("", "-"):
        got = " and ".join(map(repr, value))
        raise click.BadParameter(f"give one folder for all files, got {got}.")
    suffix = pathlib.PurePath(value[0]).suffix.lower()
    if suffix in (*options.FIGURE_SUFFIXES, *options.DATA_SUFFIXES):
        raise click.BadParameter(
            f"{value[0]!r} is the name of a file, but a folder is needed. Choose the format of the"
            " pictures with --format png, svg or pdf."
        )
    return pathlib.Path(value[0])


def _a_notebook(
    ctx: click.Context, param: click.Parameter, value: str | None
) -> pathlib.Path | None:
    from doya_cli.notebooks import SUFFIX

    if value is not None and pathlib.PurePath(value).suffix != SUFFIX:
        raise click.BadParameter(f"must end in {SUFFIX}, got {value!r}.")
    return None if value is None else pathlib.Path(value)


@options.command(
    "figures --list",
    "figures bifurcation memory --format pdf -o thesis",
    python="doya.figures.FIGURES",
)
@click.argument("names", cls=Argument, type=FigureName(), nargs=-1, metavar="[NAME]...")
@click.option(
    "--list",
    "listed",
    is_flag=True,
    help="List the figures with their captions and sources; draw nothing.",
)
@click.option(
    "--notebook", metavar="FILE", callback=_a_notebook,
    help="Write a Jupyter notebook with the figures' captions and Python; draw nothing.",
)  # fmt: skip
@click.option(
    "--animate", "moving", type=values.Choice([*MOVING]), multiple=True,
    help="Write NAME.gif, the figure in motion, in place of pictures; repeat for several.",
)  # fmt: skip
@click.option(
    "-o", "--output", "folder", metavar="FOLDER", default=["figures"], multiple=True,
    callback=_one_folder, shell_complete=completion.folder,
    help="Folder for the files; created if it is missing.  [default: figures]",
)  # fmt: skip
@click.option(
    "--format", "formats", type=values.Choice([each[1:] for each in options.FIGURE_SUFFIXES]),
    multiple=True, default=["png"],
    help="Format of the pictures; repeat for several.  [default: png]",
)  # fmt: skip
@look
@options.printed
@click.pass_context
def command(
    ctx: click.Context,
    /,
    names: tuple[str, ...],
    listed: bool,
    notebook: pathlib.Path | None,
    moving: tuple[str, ...],
    folder: pathlib.Path,
    formats: tuple[str, ...],
    look: Look,
    **output: Any,
) -> None:
    """Draw figures after published papers, and new ones.

    Draws all figures, or those that are named.  Each figure is written as NAME.png, or in the
    formats of --format, and its data as NAME.csv or NAME.npz.  If all figures are
    drawn, README.md is written too: a page that shows them with captions, sources and commands.
    With --notebook, a notebook is written instead, which draws them when it is run.
    """
    options.require_room((), output["as_json"])

    if moving:
        _check_alone(ctx, names, listed, notebook)
        _animate(moving, folder, look, output)
        return

    from doya_cli import gallery
    from doya_cli.output import Answer, deliver

    known = _recipes()
    recipes = [known[name] for name in dict.fromkeys(names or known)]
    formats = tuple(dict.fromkeys(formats))
    idle = "--list" if listed else "--notebook" if notebook else None
    if listed and notebook:
        raise click.UsageError("--list and --notebook both draw nothing: choose one.")
    for name, option in (("folder", "-o"), ("formats", "--format")):
        if idle and ctx.get_parameter_source(name) != ParameterSource.DEFAULT:
            notice(f"{option} has no effect, because {idle} draws nothing.")
    # A page with all pictures has no gap; one of some pictures would replace it.
    page = folder / gallery.NAME
    complete = len(recipes) == len(known) and not idle
    written = [page] * (complete and gallery.is_ours(page))
    kept = f"{str(page)!r} is left as it is, because doya has not made it."
    files = {} if idle else _make(recipes, folder, formats, look, written, output["quiet"])
    if notebook:
        _write_notebook(notebook, recipes)
    rows = [
        {
            "name": recipe.name,
            "file": str(files[recipe.name][0]) if files else None,
            "files": [str(path) for path in files.get(recipe.name, [])],
            "title": recipe.title,
            "caption": recipe.caption,
            "source": recipe.source,
            "departs": recipe.departs or None,
        }
        for recipe in recipes
    ]
    answer = Answer(
        command="figures",
        parameters={
            "names": [recipe.name for recipe in recipes],
            "list": listed,
            "notebook": None if notebook is None else str(notebook),
            "output": None if idle else str(folder),
            "format": None if idle else formats,
        },
        result={"figures": rows},
        table=(
            gallery.listed(recipes)
            if listed
            else f"{notebook}: {len(recipes)} figure{'s' * (len(recipes) != 1)}"
            if notebook
            else _table(files, written)
        ),
        columns={},
        notices=[kept] * (complete and not written),
    )
    deliver(answer, [], **output)


def _check_alone(
    ctx: click.Context, names: tuple[str, ...], listed: bool, notebook: pathlib.Path | None
) -> None:
    """Refuse what is for pictures, beside --animate."""
    if names:
        raise click.UsageError(
            f"{names[0]} asks for a picture, and --animate for animations in place of pictures:"
            " remove one of them."
        )
    if listed or notebook:
        idle = "--list" if listed else "--notebook"
        raise click.UsageError(
            f"{idle} draws nothing, and --animate writes animations: remove one of them."
        )
    if ctx.get_parameter_source("formats") != ParameterSource.DEFAULT:
        raise click.UsageError(
            "--format is for pictures, and an animation is always a .gif file: remove --format."
        )


def _animate(
    moving: tuple[str, ...], folder: pathlib.Path, look: Look, output: dict[str, Any]
) -> None:
    """Write the figures in motion, and print where."""
    from doya_cli.files import require_writable_in, write_into
    from doya_cli.moving_figures import made
    from doya_cli.output import Answer, deliver
    from doya_cli.progress import progress

    require_writable_in(folder, [f"{name}.gif" for name in moving])
    with progress(output["quiet"]) as tell:
        files = {folder / name: gif for name, gif in made(moving, look, tell).items()}
    write_into(folder, files)
    rows = [{"name": path.stem, "file": str(path)} for path in files]
    answer = Answer(
        "figures", {"animate": moving, "output": str(folder)}, {"figures": rows},
        _table({path.stem: [path] for path in files}, []), {},
    )  # fmt: skip
    deliver(answer, [], **output)


def _write_notebook(path: pathlib.Path, recipes: list[Recipe]) -> None:
    from doya_cli.files import require_writable, write
    from doya_cli.notebooks import notebook

    require_writable([path])
    write({path: notebook(recipes).encode()})


def _make(
    recipes: list[Recipe],
    folder: pathlib.Path,
    formats: tuple[str, ...],
    look: Look,
    pages: list[pathlib.Path],
    quiet: bool,
) -> dict[str, list[pathlib.Path]]:
    """Make the files of each figure; write them when all are made; return their paths.

    The pages, one or none, show all of them.
    """
    from doya_cli import gallery
    from doya_cli.files import require_writable_in, write_into
    from doya_cli.progress import progress

    made: dict[str, dict[pathlib.Path, bytes]] = {}
    suffixes = (*formats, "csv", "npz")  # their data will be one of these
    names_of_files = [f"{each.name}.{suffix}" for each in recipes for suffix in suffixes]
    require_writable_in(folder, [*names_of_files, *(page.name for page in pages)])
    with progress(quiet) as tell:
        for k, recipe in enumerate(recipes):
            tell(k / len(recipes))
            contents = _contents(recipe, formats, look)
            made[recipe.name] = {folder / name: each for name, each in contents.items()}
    files = {name: list(each) for name, each in made.items()}
    names = {name: [path.name for path in each] for name, each in files.items()}
    texts = {path: gallery.page(recipes, names, look.words).encode() for path in pages}
    every = (*made.values(), texts)
    write_into(folder, {path: content for each in every for path, content in each.items()})
    return files


def _contents(recipe: Recipe, formats: tuple[str, ...], look: Look) -> dict[str, bytes]:
    """Return the picture in each format, and the data: CSV if all columns have one length."""
    import numpy as np

    from doya_cli.output import Answer, rendered
    from doya_cli.pictures import drawn, saved

    figure, data = drawn(recipe.draw, look)
    about = {"caption": recipe.caption, "source": recipe.source, "departs": recipe.departs}
    answer = Answer(
        "figures", {"name": recipe.name}, {}, "", data, arguments=("name",), about=about
    )
    made_by, texts = answer.command_line + look.words, (recipe.title, recipe.caption)
    pictures = {
        f"{recipe.name}.{each}": saved(figure, f".{each}", made_by, *texts, look)
        for each in formats
    }
    shapes = {np.shape(column) for column in data.values()}
    suffix = ".csv" if len(shapes) == 1 and len(shapes.pop()) == 1 else ".npz"
    data_file = rendered(answer, suffix)
    assert isinstance(data_file, bytes)
    return {**pictures, f"{recipe.name}{suffix}": data_file}


def _table(files: Mapping[str, Iterable[pathlib.Path]], pages: Iterable[pathlib.Path]) -> str:
    from doya_cli.tables import table

    rows = [[name, " ".join(map(str, each))] for name, each in files.items()]
    return table(["figure", "files"], [*rows, *(["all", str(path)] for path in pages)])
