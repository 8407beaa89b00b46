"""Commands import no more than they need, so that they start at once."""

import re
import shlex
import subprocess
import sys


def imported(command_line, folder):
    """Top-level modules that a command imports, by Python's own account."""
    done = subprocess.run(
        [sys.executable, "-X", "importtime", "-m", "doya_cli", *shlex.split(command_line)],
        cwd=folder,
        capture_output=True,
        text=True,
        check=True,
    )
    return {name.split(".")[0] for name in re.findall(r"\| +(\S+)$", done.stderr, re.M)}


def test_version_and_help_import_nothing_heavy(tmp_path):
    for command_line in ("--version", "--help", "bifurcate --help"):
        heavy = {"numpy", "scipy", "numba", "matplotlib", "doya"}
        assert not imported(command_line, tmp_path) & heavy


# Imported by the pictures of several commands, one after the other.
PICTURES = """
import sys
from doya_cli.main import main

for line in sys.argv[1:]:
    main(line.split(), standalone_mode=False)
    print(*{name.split(".")[0] for name in sys.modules}, file=sys.stderr)
"""


def test_a_first_picture_waits_for_no_compiler(tmp_path):
    """Neither numba nor scipy is imported on the way to the picture."""
    lines = [
        *("bifurcate --w 5", "simulate --pulse 5 8 0.5", "sensitivity --pulse 5 8 0.5", "network"),
    ]
    done = subprocess.run(
        [sys.executable, "-c", PICTURES, *(f"{line} --quiet" for line in lines)],
        cwd=tmp_path, capture_output=True, text=True, check=True,
    )  # fmt: skip
    modules = [{*line.split()} for line in done.stderr.splitlines()]
    for line, imported_by_then in zip(lines, modules, strict=True):
        assert "matplotlib" in imported_by_then, line
        assert not imported_by_then & {"numba", "scipy", "llvmlite", "pandas"}, line
