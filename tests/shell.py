"""The command `doya`, called within this process or in one of its own."""

from __future__ import annotations

import json
import os
import shlex
import subprocess
import sys

from click.testing import CliRunner

from doya_cli.main import COMMANDS, main

# Those that answer one question, with -o PATH.
ANSWERING = tuple(
    command for command in COMMANDS if command not in ("explore", "figures", "compile", "sweep")
)
# Those of them that ask about the one neuron.
OF_A_NEURON = tuple(command for command in ANSWERING if command != "network")


def doya_(command_line):
    return CliRunner().invoke(main, shlex.split(command_line))


def in_a_line(text):
    """Return a notice, which is broken to fit a terminal, as one line."""
    return " ".join(text.split())


def answer(command_line):
    done = doya_(command_line)
    assert done.exit_code == 0, done.stderr
    return json.loads(done.stdout)


def in_process(command_line, folder, **environment):
    return subprocess.run(
        [sys.executable, "-m", "doya_cli", *shlex.split(command_line)],
        cwd=folder,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=False,
    )


def in_shell(command_line, folder):
    """What a shell makes of a line in which DOYA stands for the command."""
    command = f"{shlex.quote(sys.executable)} -m doya_cli"
    return subprocess.run(
        command_line.replace("DOYA", command),
        shell=True,
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
