"""The group `doya`: its commands, loaded when called, and its one-line errors."""

from __future__ import annotations

import importlib
import os
import sys
from typing import Any

import click
from click.exceptions import NoArgsIsHelpError

# In the order of a first session; each is doya_cli.commands.<name>.command.
COMMANDS = ("equilibria", "bifurcate", "regions")


class DoyaGroup(click.Group):
    """Commands are imported when they are called, and errors are one line, without a usage."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        module = importlib.import_module(f"doya_cli.commands.{cmd_name}")
        command: click.Command = module.command
        return command

    def _run(self, *args: Any, **extra: Any) -> Any:
        return super().main(*args, standalone_mode=False, **extra)  # type: ignore[call-overload]

    def main(self, *args: Any, standalone_mode: bool = True, **extra: Any) -> Any:
        if not standalone_mode:
            return self._run(*args, **extra)
        try:
            code = self._run(*args, **extra)
            sys.stdout.flush()
        except NoArgsIsHelpError as error:
            error.show()
            code = error.exit_code
        except click.ClickException as error:
            message = " ".join(error.format_message().split())
            click.echo(f"Error: {message}", err=True)
            code = error.exit_code
        except (ValueError, ArithmeticError) as error:
            # What the library refuses is wrong usage; what it cannot compute has failed.
            click.echo(f"Error: {error}", err=True)
            code = 2 if isinstance(error, ValueError) else 1
        except (click.Abort, KeyboardInterrupt):
            click.echo("Error: interrupted", err=True)
            code = 1
        except BrokenPipeError:
            # The reader, `head` say, has seen enough; nothing is left to flush at exit.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            code = 1
        except OSError as error:
            click.echo(f"Error: cannot write to standard output: {error.strerror}.", err=True)
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            code = 1
        sys.exit(code if isinstance(code, int) else 0)


@click.group(cls=DoyaGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="doya", message="doya %(version)s")
def main() -> None:
    """A laboratory for the one-neuron recurrent network.

    Doya's neuron, x[t+1] = (1-e) x[t] + e sigma(w x[t] + b), and its limit
    dx/dt = -x + sigma(w x + b): its equilibria and bifurcations.
    """
