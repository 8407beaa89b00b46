"""The group `doya`: its commands, loaded when called, and its one-line errors."""

from __future__ import annotations

import contextlib
import importlib
import io
import os
import shlex
import sys
from typing import Any

import click
from click.exceptions import NoArgsIsHelpError, NoSuchOption

from doya_cli import interruption
from doya_cli.helps import Context
from doya_cli.sentences import in_options
from doya_cli.suggestions import near

# In the order of a first session; each is doya_cli.commands.<name>.command.
COMMANDS = (
    "equilibria",
    "bifurcate",
    "regions",
    "simulate",
    "sensitivity",
    "landscape",
    "train",
    "orbit",
    "network",
    "sweep",
    "convert",
    "explore",
    "figures",
    "compile",
)
# What is asked for as a command, and has none.
ONLY_PYTHON = ("search",)


class DoyaGroup(click.Group):
    """Commands are imported when they are called, and errors are one line, without a usage."""

    context_class = Context

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        module = importlib.import_module(f"doya_cli.commands.{cmd_name}")
        command: click.Command = module.command
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        name = args[0]
        if name not in COMMANDS and not name.startswith("-") and not ctx.resilient_parsing:
            ctx.fail(f"No such command {name!r}; {_meant(name, args[1:])}")
        return super().resolve_command(ctx, args)

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        try:
            return super().parse_args(ctx, list(args))
        except NoSuchOption as error:
            command = next((word for word in args if word in COMMANDS), None)
            likely = near(error.option_name.lstrip("-"), ("help", "version"))
            if likely and not command:
                words = f"No such option {error.option_name!r}; did you mean --{likely[0]}?"
                raise click.UsageError(words, ctx) from None
            after = [word for word in args if word != command]
            words = shlex.join([command, *after]) if command else "bifurcate --w 5"
            order = f"options come after the command, as in doya {words}"
            raise click.UsageError(f"No such option {error.option_name!r}; {order}.", ctx) from None

    def _run(self, *args: Any, **extra: Any) -> Any:
        return super().main(*args, standalone_mode=False, **extra)  # type: ignore[call-overload]

    def main(self, *args: Any, standalone_mode: bool = True, **extra: Any) -> Any:
        if not standalone_mode:
            return self._run(*args, **extra)
        _write_any_character()
        code: Any
        try:
            with interruption.heard():
                code = self._run(*args, **extra)
            if sys.stdout is not None:
                sys.stdout.flush()
        except NoArgsIsHelpError as error:
            error.show()
            code = error.exit_code
        except click.ClickException as error:
            code = _fail(_sentence(error), error.exit_code)
        except (click.Abort, KeyboardInterrupt):
            interruption.end_by_exit_code()
            code = _fail("interrupted.")
        except BrokenPipeError:
            code = _abandon_output()  # the reader, `head` say, has seen enough
        except OSError as error:
            if error.strerror is None or error.filename is not None:  # a library's, about a file
                code = _fail(f"{type(error).__name__}: {error}")
            else:
                _fail(f"cannot write to standard output: {error.strerror}.")
                code = _abandon_output()
        except MemoryError:
            code = _fail("there is not enough memory; ask for fewer points.")
        except Exception as error:
            name, words = type(error).__name__, str(error)
            # It is known by its name, as help imports nothing of the library.
            code = _fail(in_options(words) if name == "ConvergenceError" else f"{name}: {words}")
        sys.exit(code if isinstance(code, int) else 0)


def _meant(name: str, more: list[str]) -> str:
    """Return the end of a sentence about an unknown command."""
    if name in ONLY_PYTHON:
        return f"it is a function of Python: import doya; help(doya.{name})."
    if name == "help" and more[:1] and more[0] in COMMANDS:
        return f"did you mean doya {more[0]} --help?"
    likely = near(name, (*COMMANDS, "--help", "--version"))
    return f"did you mean {likely[0]!r}?" if likely else "doya --help lists all commands."


def _sentence(error: click.ClickException) -> str:
    """Return the error with a full stop, and where wrong usage is explained."""
    message = error.format_message()  # of click 8.2 sometimes without a stop
    message += "." * message[-1:].isalnum()
    if isinstance(error, click.UsageError) and "--help" not in message:
        called = error.ctx.command_path.split()[1:] if error.ctx else []
        message += f" See {' '.join(['doya', *called])} --help."
    return message


def _fail(message: str, code: int = 1) -> int:
    """Write one line to standard error, if that is possible, and return the exit code."""
    with contextlib.suppress(OSError):
        click.echo(f"Error: {' '.join(message.split())}", err=True)
    return code


def _write_any_character() -> None:
    """Have characters that the terminal's encoding lacks, such as sigma, written as escapes."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")


def _abandon_output() -> int:
    """Send standard output to nowhere, so that nothing is left to flush at exit; return 1."""
    if sys.stdout is not None:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return 1


EPILOG = """\b
To begin:
  doya bifurcate                  the equilibria against b, with both folds
  doya simulate --pulse 5 8 0.5   a pulse moves the state
  doya train --clip 0.05          gradient descent, clipped at a wall
  doya train --help               all options, with examples

\b
In Python, import doya; help(doya) lists the functions.  Python has
more functions than the shell has commands: doya.search, for example, finds
parameters without gradients.

\b
To complete words with TAB, run the line below that is for your shell, or
add it to the startup file of that shell:
  bash  eval "$(_DOYA_COMPLETE=bash_source doya)"
  zsh   eval "$(_DOYA_COMPLETE=zsh_source doya)"
  fish  _DOYA_COMPLETE=fish_source doya | source
"""


@click.group(cls=DoyaGroup, epilog=EPILOG, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="doya", message="doya %(version)s")
def main() -> None:
    """A laboratory for the one-neuron recurrent network.

    Doya's neuron is

    \b
    the map   x[t+1] = (1 - epsilon) x[t] + epsilon (sigma(w x[t] + b) + w' u[t])
    the flow   dx/dt = -x + sigma(w x + b) + w' u(t), the limit epsilon -> 0

    with the state x, the weight w, the bias b, the input u with its weight w', the step size
    epsilon of the map, 0 < epsilon <= 1, and sigma(z) = 1/(1 + exp(-z)).  All of them are
    dimensionless; the unit of time is the time constant of the flow, or one step of the map.

    doya computes its equilibria and bifurcations, its trajectories and their sensitivities, the
    loss landscape on which it is trained, and the cycles and chaos of the map.  For networks of N
    units it shows how gradients vanish and explode.
    """
