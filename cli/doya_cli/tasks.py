"""The ready tasks on the command line: --task NAME, and the few options that set its sequences."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar, cast

import click
from click.core import ParameterSource

from doya_cli import values
from doya_cli.options import together
from doya_cli.sentences import listed, option_of
from doya_cli.usage import notice

if TYPE_CHECKING:
    from doya import Task

Function = TypeVar("Function", bound=Callable[..., Any])

TASKS = ("latch", "flip_flop", "delay", "oscillate")
# Inputs of a task that can be learned: the first ones of both classes of latch.
SHARED = ("up", "down")
# Largest numbers of sequences and of steps, and the largest seed.
MOST, MOST_SEED = 10**6, 2**63 - 1
# Options that a task has in its own sequences, by the names of their arguments.
REPLACED = {
    "x0": "--x0",
    "t_end": "--t-end",
    "target": "--target",
    "u": "--input",
    "pulses": "--pulse",
    "ramp": "--ramp",
}
# Options of other names than the arguments of the tasks.
OPTIONS = {"steps": "--length", "variance": "--noise"}


class Ready(NamedTuple):
    """A ready task as the command line chooses it; None stands for its own default."""

    name: str | None
    seed: int | None
    sequences: int | None
    length: int | None
    noise: float | None

    @property
    def parameters(self) -> dict[str, Any]:
        """Return the values of the options, for the answer's parameters."""
        named = self._asdict()
        return {"task": named.pop("name"), **named}

    def task(self) -> Task:
        """Return the task; raise wrong usage for a number that it does not accept."""
        from doya import ArgumentError
        from doya.tasks.ready import ReadyTask

        assert self.name is not None
        given = {"sequences": self.sequences, "length": self.length, "noise": self.noise}
        try:
            return ReadyTask(name=self.name, seed=self.seed or 0, **given).make()  # type: ignore[arg-type]
        except ArgumentError as error:
            option = OPTIONS.get(error.argument, option_of(error.argument))
            raise click.UsageError(f"{option} {error.words}.") from None


def ready_task(function: Function) -> Function:
    """Add --task, --seed, --sequences, --length and --noise; the function takes them as `ready`.

    A task is for the map, which --dynamics then is by default; it has its own starts, inputs and
    targets.
    """

    @functools.wraps(function)
    def chosen(
        *arguments: Any,
        task: str | None,
        seed: int | None,
        sequences: int | None,
        length: int | None,
        noise: float | None,
        **given: Any,
    ) -> Any:
        if task is not None:
            _check(given)
            given["dynamics"], seed = "map", seed or 0
        ready = Ready(task, seed, sequences, length, noise)
        alone = [name for name, value in ready.parameters.items() if value is not None]
        if task is None and alone:
            verb = "needs" if len(alone) == 1 else "need"
            words = f"{listed([option_of(name) for name in alone])} {verb} a task"
            raise click.UsageError(f"{words}: add --task {TASKS[0]}.")
        return function(*arguments, ready=ready, **given)

    return with_options()(cast(Function, chosen))


def notice_idle_teacher(task: Task | None, name: str | None, alpha: float, every: int = 1) -> None:
    """Notice a teacher that moves no state of a task before a target."""
    import numpy as np

    if task is None or not alpha:
        return
    has_target = ~np.isnan(task.rows()[0])
    last = np.where(has_target, task.times, -1.0).max(axis=1, keepdims=True)
    if not (has_target & (task.times < last) & (task.times % every == 0.0)).any():
        steps = "the steps of --forcing-every" if every > 1 else "its steps"
        words = f"none of {steps} begins at a state with a target"
        notice(f"--teacher-forcing has no effect on --task {name}, because {words}.")


def with_options(
    seed: int = MOST_SEED, sequences: int = MOST, length: int = MOST
) -> Callable[[Function], Function]:
    """Return what adds the options --task, --seed, --sequences, --length and --noise.

    The arguments are the largest values that the options take.
    """
    seeds = "at least 0" if seed == MOST_SEED else f"0 to {seed}"
    options = (
        click.option(
            "--task",
            type=values.Choice(TASKS),
            help="Take sequences of the map in place of one TARGET; the loss L is the mean of"
            " theirs.  --dynamics is map then."
            "  latch: keep the sign of the first input through noise.  flip_flop: keep a bit that"
            " pulses set and reset.  delay: repeat each input one step later.  oscillate: alternate"
            " between two states.",
        ),
        click.option(
            "--seed",
            type=values.Count(0, seed),
            metavar="N",
            help=f"Seed of the random numbers in the sequences of --task, {seeds}.  [default: 0]",
        ),
        click.option(
            "--sequences",
            type=values.Count(1, sequences),
            metavar="N",
            help=f"Number of sequences of --task, 1 to {sequences}.  [default: latch 100, oscillate"
            " 1, others 20]",
        ),
        click.option(
            "--length",
            type=values.Count(1, length),
            metavar="N",
            help=f"Steps in each sequence of --task, 1 to {length}; for latch, random lengths from"
            " N to 1.2 N."
            "  [default: latch 500, oscillate 20, others 100]",
        ),
        click.option(
            "--noise",
            type=values.Number(),
            metavar="VARIANCE",
            help="Variance of the noise that is added to the inputs of --task, at least 0."
            "  [default: latch 0.2, others 0]",
        ),
    )
    return together(*options)


def _check(given: dict[str, Any]) -> None:
    """Refuse options that --task replaces, and the flow."""
    conversion = given.get("conversion")
    if conversion is not None and conversion.neuron.dynamics == "flow":
        from doya.conversions import AUTHORS

        maps = [name for name, each in AUTHORS.items() if each.neuron.dynamics == "map"]
        words = f"--task needs the map of {', '.join(maps)} or Doya"
        raise click.UsageError(f"{words}, and {conversion.author} is a flow.")
    source = click.get_current_context().get_parameter_source
    usual = (None, ParameterSource.DEFAULT)
    if given["dynamics"] == "flow" and source("dynamics") not in usual:
        raise click.UsageError("--task needs --dynamics map: its inputs change at each step.")
    more = [option for name, option in REPLACED.items() if source(name) not in usual]
    if more:
        words = f"--task has its own starts, inputs and targets: remove {listed(more)}"
        raise click.UsageError(f"{words}.")
