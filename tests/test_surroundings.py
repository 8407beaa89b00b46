"""The shell around doya: words half typed, encodings, and what a user has set up."""

import json
import os
import re
import shlex
import sys
from contextlib import contextmanager

import pytest
from click.shell_completion import BashComplete
from click.testing import CliRunner

import doya
from doya.figures import FIGURES
from doya.figures.recipes import recipe
from doya_cli import progress
from doya_cli.main import COMMANDS, main
from shell import doya_, in_process, in_shell


@pytest.mark.parametrize(
    ("words", "answer"),
    [
        ("bifurcat", "did you mean 'bifurcate'?"),
        ("Simulate --x0 1", "did you mean 'simulate'?"),
        ("figure", "did you mean 'figures'?"),
        ("lyapunov", "did you mean 'orbit'?"),
        ("crossing_time", "did you mean 'simulate'?"),
        ("search", "it is a function of Python: import doya; help(doya.search)."),
        ("version", "did you mean '--version'?"),
        ("help", "did you mean '--help'?"),
        ("help train", "did you mean doya train --help?"),
        ("nonsense", "doya --help lists all commands."),
        ("''", "doya --help lists all commands."),
    ],
)
def test_a_command_that_is_none_is_answered_with_the_nearest_or_the_list(words, answer):
    done = doya_(words)
    assert (done.exit_code, done.stdout) == (2, "")
    answer += " See doya --help." if "--help" not in answer else ""
    assert done.stderr == f"Error: No such command {shlex.split(words)[0]!r}; {answer}\n"


@pytest.mark.parametrize(
    ("words", "answer"),
    [
        ("--w 5", "'--w'; options come after the command, as in doya bifurcate --w 5."),
        (
            "--json train --b -2",
            "'--json'; options come after the command, as in doya train --json --b",
        ),
    ],
)
def test_an_option_before_the_command_is_answered_with_the_order(words, answer):
    done = doya_(words)
    assert (done.exit_code, done.stdout) == (2, "")
    assert done.stderr.startswith(f"Error: No such option {answer}")


def test_each_command_is_told_in_a_line_that_is_not_cut():
    assert "..." not in doya_("--help").stdout.partition("\nCommands:\n")[2]


@pytest.mark.parametrize("command", COMMANDS)
def test_a_help_ends_with_examples_that_the_command_accepts(command):
    """Each is parsed, with all that is checked before anything is computed."""
    text = doya_(f"{command} --help").stdout
    lines = re.findall(r"^    doya (\S+)(.*)$", text.partition("\n  Examples:\n")[2], re.M)
    assert len(lines) >= 2
    for name, words in lines:
        assert name == command
        parser = main.get_command(None, command)
        parser.make_context(command, shlex.split(words))
    assert all(len(line) <= 80 for line in text.splitlines())


@pytest.mark.parametrize(
    ("words", "begun", "found"),
    [
        ("", "si", ["simulate"]),
        ("bifurcate", "--dy", ["--dynamics"]),
        ("bifurcate --dynamics", "", ["flow", "map"]),
        ("bifurcate --over", "", ["b", "w", "epsilon", "u"]),
        ("regions --over w 0 10 --over", "b", ["b"]),
        ("bifurcate --over b", "2", []),
        ("convert", "pa", ["pascanu", "pasemann"]),
        ("figures", "lo", ["loss-wall"]),
        ("figures memory --format", "", ["png", "svg", "pdf"]),
    ],
)
def test_words_are_completed(words, begun, found):
    """Commands, options, choices, swept parameters, authors and figures."""
    completion = BashComplete(main, {}, "doya", "_DOYA_COMPLETE")
    items = completion.get_completions(shlex.split(words), begun)
    assert [(item.type, item.value) for item in items] == [("plain", each) for each in found]


@pytest.mark.parametrize(
    ("words", "kind"),
    [
        ("equilibria -o", "file"),
        ("simulate --input", "file"),
        ("network --matrix", "file"),
        ("figures -o", "dir"),
    ],
)
def test_files_and_folders_are_left_to_the_shell(words, kind):
    completion = BashComplete(main, {}, "doya", "_DOYA_COMPLETE")
    (item,) = completion.get_completions(shlex.split(words), "some/wh")
    assert (item.type, item.value) == (kind, "some/wh")


def test_the_help_tells_how_to_switch_completion_on(tmp_path):
    """And what it says to call answers."""
    for shell in ("bash", "zsh", "fish"):
        assert f"_DOYA_COMPLETE={shell}_source doya" in doya_("--help").stdout
    done = in_process("", tmp_path, _DOYA_COMPLETE="zsh_source")
    assert done.stdout.startswith("#compdef doya")


@pytest.mark.parametrize("charset", ["cp1252", "iso8859-5"])
def test_what_an_encoding_lacks_is_an_escape_which_json_reads_back(charset):
    """As where Windows writes into a pipe; and where not even a square can be written."""
    runner = CliRunner(charset=charset)
    assert r"x(\u221e)" in runner.invoke(main, ["figures", "--list"]).stdout
    done = runner.invoke(main, ["figures", "--list", "--json"])
    captions = [each["caption"] for each in json.loads(done.stdout)["result"]["figures"]]
    assert captions == [each.caption for each in FIGURES.values()]


@pytest.mark.long
@pytest.mark.usefixtures("fine")
def test_what_a_user_has_set_up_for_matplotlib_is_neither_seen_nor_told_of(here):
    """An unknown backend, a dark style in TeX, keys that there are not."""
    (here / "matplotlibrc").write_text(
        "text.usetex: True\nfigure.facecolor: black\nfont.size: 30\nsavefig.bbox: tight\n"
        "axes.formatter.use_locale: True\nno.such.key: 7\nlines.linewidth: very\n"
    )
    done = in_process("figures bifurcation --quiet -o own", here, MPLBACKEND="nonsense")
    assert (done.returncode, done.stderr) == (0, "")
    doya_("figures bifurcation --quiet -o other")
    own, other = (here / folder / "bifurcation.png" for folder in ("own", "other"))
    assert own.read_bytes() == other.read_bytes()


def test_a_caption_does_not_depend_on_docstrings_being_kept(monkeypatch):
    """python -OO leaves them out."""
    kept = FIGURES["memory"]
    monkeypatch.setattr(kept.draw, "__doc__", None)
    assert recipe(kept.source, kept.departs)(kept.draw) == kept


@pytest.mark.parametrize(
    "error",
    [
        OSError("Matplotlib requires access to a writable cache directory"),
        PermissionError(13, "Permission denied", "/some/font.ttf"),
    ],
    ids=["without a number", "of a file"],
)
def test_a_failure_of_the_system_is_not_blamed_on_standard_output(monkeypatch, error):
    def fail(*arguments, **options):
        raise error

    monkeypatch.setattr(doya, "equilibria", fail)
    done = doya_("equilibria")
    assert done.exit_code == 1
    assert done.stderr == f"Error: {type(error).__name__}: {error}\n"


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="no /dev/full here")
def test_an_error_that_cannot_be_told_keeps_its_exit_code(tmp_path):
    assert in_shell("DOYA bifurcat 2>/dev/full", tmp_path).returncode == 2


@pytest.mark.parametrize("command", ["simulate", "sensitivity"])
def test_what_may_wait_for_a_compiler_shows_a_bar(here, monkeypatch, command):
    used = []

    @contextmanager
    def recorded(quiet):
        used.append(quiet)
        yield lambda part: None

    monkeypatch.setattr(progress, "progress", recorded)
    assert doya_(f"{command} --json").exit_code == 0
    assert used == [False]


def test_python_m_doya_is_the_command(tmp_path):
    done = in_shell("PYTHON -m doya --version".replace("PYTHON", sys.executable), tmp_path)
    assert (done.returncode, done.stdout) == (0, f"doya {doya.__version__}\n")


def test_python_m_doya_cli_is_the_command(tmp_path):
    done = in_process("--version", tmp_path)
    assert (done.returncode, done.stdout) == (0, f"doya {doya.__version__}\n")
    assert in_process("bifurcate --w five", tmp_path).returncode == 2
