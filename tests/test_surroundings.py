"""The shell around doya: words half typed, encodings, and what a user has set up."""

import json
import os
import sys

import pytest
from click.testing import CliRunner

import doya
from doya.figures import FIGURES
from doya.figures.recipes import recipe
from doya_cli.main import main
from shell import doya_, in_shell


def test_what_an_encoding_lacks_is_an_escape_which_json_reads_back():
    """As where Windows writes into a pipe."""
    runner = CliRunner(charset="cp1252")
    assert r"x(\u221e)" in runner.invoke(main, ["figures", "--list"]).stdout
    done = runner.invoke(main, ["figures", "--list", "--json"])
    captions = [each["caption"] for each in json.loads(done.stdout)["result"]["figures"]]
    assert captions == [each.caption for each in FIGURES.values()]


@pytest.mark.skipif(sys.platform != "linux", reason="names of files are bytes on Linux")
def test_a_name_of_a_file_that_is_no_text_is_told_as_an_escape(here):
    (here / "\udcff.csv").write_text("t,u\n0,0.1\n")
    outputs = [f"a.{suffix}" for suffix in ("csv", "json", "npz", "png", "svg", "pdf")]
    words = ["simulate", "--input", "\udcff.csv", *(each for o in outputs for each in ("-o", o))]
    done = CliRunner().invoke(main, words)
    assert done.exit_code == 0, done.output
    assert "--input '\\udcff.csv'" in (here / "a.csv").read_text("utf-8")


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
