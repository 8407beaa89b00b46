import csv
import io
import json
import os
import re
import shutil
import subprocess
import sys
import xml.etree.ElementTree

import numpy as np
import pytest
from click.testing import CliRunner

import doya
from doya_cli import output
from doya_cli.main import main
from shell import ANSWERING, doya_, in_shell


@pytest.mark.each_third
@pytest.mark.parametrize("command", ANSWERING)
def test_data_files_carry_version_command_and_parameters(here, command):
    """CSV, JSON and NPZ hold the same columns, and the command in them makes them again."""
    assert doya_(f"{command} -o a.csv -o a.json -o a.npz --quiet").exit_code == 0
    text = (here / "a.csv").read_text()
    version, made_by, parameters = (line[2:] for line in text.splitlines()[:3])
    assert version == f"doya {doya.__version__}"
    dynamics = json.loads(parameters.removeprefix("parameters: ")).get("dynamics")
    assert dynamics == {"orbit": "map", "network": None}.get(command, "flow")

    rows = list(csv.DictReader(line for line in text.splitlines() if line[0] != "#"))
    with np.load(here / "a.npz") as arrays:
        assert str(arrays["version"]) == doya.__version__
        assert str(arrays["command"]) == made_by.removeprefix("command: ")
        names = [name for name in arrays if name not in ("version", "command", "parameters")]
        assert names[: len(rows[0])] == list(rows[0])
        names = list(rows[0])
        for name in names:
            if arrays[name].dtype.kind == "f":
                read = np.array([float(row[name]) for row in rows])
                np.testing.assert_array_equal(read, arrays[name])
    whole = json.loads((here / "a.json").read_text())
    assert list(whole) == ["command", "version", "parameters", "result", "data"]
    assert list(whole["data"]) == names

    again = doya_(made_by.removeprefix("command: doya ") + " -o -")
    assert again.stdout == text


@pytest.mark.each_third
@pytest.mark.parametrize("command", ANSWERING)
def test_the_same_command_gives_the_same_bytes(here, command):
    """In files of every kind: lines and an image also as PDF, curves with names too as SVG."""
    pictures = () if command == "convert" else ("png",)  # it draws nothing
    vectors = {"bifurcate": ("svg", "pdf"), "landscape": ("svg", "pdf"), "network": ("svg",)}
    coarse = "--dpi 60" if pictures else ""
    suffixes = (*pictures, *vectors.get(command, ()), "csv", "json", "npz")
    for name in ("one", "two"):
        outputs = " ".join(f"-o {name}.{suffix}" for suffix in suffixes)
        assert doya_(f"{command} {outputs} {coarse}").exit_code == 0
    for suffix in suffixes:
        assert (here / f"one.{suffix}").read_bytes() == (here / f"two.{suffix}").read_bytes()


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("missing/a.png", "cannot write 'missing/a.png': No such file or directory"),
        ("taken.csv", "cannot write 'taken.csv': it is a folder"),
        ("full.csv", "cannot write 'full.csv': No space left on device"),
        ("file.txt/a.csv", "cannot write 'file.txt/a.csv': Not a directory"),
    ],
)
def test_a_file_that_cannot_be_written_is_exit_1_and_leaves_nothing(here, path, words):
    """Neither it nor another output of the same command appears."""
    (here / "taken.csv").mkdir()
    (here / "file.txt").touch()
    if path == "full.csv":
        if not os.path.exists("/dev/full"):
            pytest.skip("no /dev/full here")
        (here / "full.csv").symlink_to("/dev/full")
    before = sorted(here.iterdir())
    done = doya_(f"bifurcate -o good.png -o {path}")
    assert (done.exit_code, done.stdout) == (1, "")
    assert done.stderr == f"Error: {words}.\n"
    assert sorted(here.iterdir()) == before


def test_what_is_in_the_way_is_told_before_any_work(here, monkeypatch):
    """Of files, of standard output and of both at once."""
    monkeypatch.setattr(doya, "bifurcation_diagram", pytest.fail)
    (here / "taken.csv").mkdir()
    (here / "doya-bifurcate.png").mkdir()
    (here / "link.json").symlink_to("a.csv")
    for outputs, code, words in (
        ("", 1, "cannot write 'doya-bifurcate.png': it is a folder"),
        ("-o a.csv -o taken.csv", 1, "it is a folder"),
        ("-o missing/a.csv", 1, "No such file or directory"),
        (f"-o {'a' * 300}.csv", 1, "File name too long"),
        ("-o a.csv -o link.json", 2, "are the same file"),
        ("-o - --json", 2, "both print to standard output"),
    ):
        done = doya_(f"bifurcate {outputs}")
        assert (done.exit_code, done.stdout) == (code, "")
        assert words in done.stderr


@pytest.mark.skipif(sys.platform == "win32" or os.geteuid() == 0, reason="root writes anywhere")
def test_a_folder_without_permission_is_exit_1(here):
    here.chmod(0o500)
    try:
        done = doya_("bifurcate")
    finally:
        here.chmod(0o700)
    assert (done.exit_code, list(here.iterdir())) == (1, [])
    assert "Permission denied" in done.stderr


@pytest.mark.skipif(sys.platform != "linux", reason="limits the size of files as Linux does")
def test_a_disk_that_fills_up_midway_leaves_the_old_file_whole(here):
    """A limit of 4 KiB cuts the CSV short; the file from before stays as it was."""
    (here / "a.csv").write_text("from before")
    code = (
        "import resource, signal; signal.signal(signal.SIGXFSZ, signal.SIG_IGN);"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096));"
        "from doya_cli.main import main; main(['bifurcate', '-o', 'a.csv'])"
    )
    # -B: Python's own files of compiled modules would be cut short too, and stay so.
    command = [sys.executable, "-B", "-c", code]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert done.stderr == "Error: cannot write 'a.csv': File too large.\n"
    assert [path.name for path in here.iterdir()] == ["a.csv"]
    assert (here / "a.csv").read_text() == "from before"


def test_an_existing_file_is_replaced_and_a_link_followed(here):
    (here / "real.csv").write_text("old")
    (here / "link.csv").symlink_to("real.csv")
    assert doya_("equilibria -o link.csv").exit_code == 0
    assert (here / "link.csv").is_symlink()
    assert (here / "real.csv").read_text().startswith("# doya")


def test_the_same_file_twice_is_written_once(here):
    assert doya_("equilibria -o a.csv -o ./a.csv -o a.csv").exit_code == 0
    assert [path.name for path in here.iterdir()] == ["a.csv"]


def test_one_file_by_two_names_and_kinds_is_refused(here):
    (here / "link.json").symlink_to("a.csv")
    done = doya_("equilibria -o a.csv -o link.json")
    assert (done.exit_code, done.stderr) == (
        2,
        "Error: 'a.csv' and 'link.json' are the same file: name it once."
        " See doya equilibria --help.\n",
    )
    assert not (here / "a.csv").exists()


def test_a_link_that_leads_to_itself_gives_way_to_the_file(here):
    (here / "loop.csv").symlink_to("loop.csv")
    assert doya_("equilibria -o loop.csv").exit_code == 0
    assert (here / "loop.csv").read_text().startswith("# doya")


def test_a_file_keeps_its_mode_and_a_name_of_any_legal_length_will_do(here):
    name = "a" * 251 + ".csv"
    (here / name).touch(mode=0o600)
    assert doya_(f"equilibria -o {name}").exit_code == 0
    assert (here / name).stat().st_mode & 0o777 == 0o600


def test_without_a_standard_output_the_file_is_still_written(tmp_path):
    done = in_shell("DOYA equilibria -o a.csv >&-", tmp_path)
    assert (done.returncode, done.stderr) == (0, "Wrote a.csv\n")
    assert (tmp_path / "a.csv").read_text().startswith("# doya")


@pytest.mark.parametrize("line", ["equilibria --json", "equilibria -o -", "figures --json"])
def test_an_answer_that_has_nowhere_to_go_is_exit_1(tmp_path, line):
    done = in_shell(f"DOYA {line} >&-", tmp_path)
    assert list(tmp_path.iterdir()) == []
    assert done.returncode == 1
    assert done.stderr == "Error: there is no standard output to print to.\n"


def test_in_a_folder_that_is_gone_the_file_is_named(tmp_path):
    done = in_shell("mkdir gone && cd gone && rmdir ../gone && DOYA equilibria -o a.csv", tmp_path)
    assert done.returncode == 1
    assert done.stderr == "Error: cannot write 'a.csv': No such file or directory.\n"


@pytest.mark.long
@pytest.mark.skipif(sys.platform != "linux", reason="names of files are bytes on Linux")
def test_a_file_of_any_name_can_be_asked_about(here):
    """The command in the answer is one line, which a shell reads back into the same name."""
    name = "ε\n\x1b'\udcff.csv"
    (here / name).write_text("0,0.5\n")
    words = ["simulate", "--input", name, "--points", "2", "--quiet"]
    files = [f"a{suffix}" for suffix in (".csv", ".json", ".npz", ".png", ".svg", ".pdf")]
    outputs = [word for file in files for word in ("-o", file)]
    assert CliRunner().invoke(main, [*words, *outputs]).exit_code == 0
    told = json.loads(CliRunner().invoke(main, [*words, "--json"]).stdout)
    assert told["parameters"]["input"] == name
    assert json.loads((here / "a.json").read_text())["parameters"]["input"] == name
    xml.etree.ElementTree.parse(here / "a.svg")

    command = (here / "a.csv").read_text().splitlines()[1].removeprefix("# command: doya ")
    assert r"--input $'ε\x0a\x1b\x27\xff.csv' " in command
    if bash := shutil.which("bash"):
        read = subprocess.run([bash, "-c", f"printf '%s|' {command}"], capture_output=True)
        assert os.fsencode(name) in read.stdout.split(b"|")


def test_quiet_prints_nothing_but_what_was_asked_for(here):
    done = doya_("bifurcate --quiet")
    assert (done.stdout, done.stderr) == ("", "")
    assert (here / "doya-bifurcate.png").exists()
    assert doya_("bifurcate --quiet -o -").stdout.startswith("# doya")


def test_csv_on_standard_output_takes_the_place_of_the_table(here):
    done = doya_("bifurcate -o - -o a.png")
    assert done.stdout.startswith("# doya")
    assert done.stderr == "Wrote a.png\n"
    assert list(csv.reader(io.StringIO(done.stdout)))[3][0] == "branch"


def test_a_closed_pipe_ends_quietly(tmp_path):
    """`doya bifurcate -o - | head -1` prints one line and no traceback."""
    done = in_shell("DOYA bifurcate --points 10000 -o - | head -1", tmp_path)
    assert done.stdout == f"# doya {doya.__version__}\n"
    assert done.stderr == ""


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="no /dev/full here")
def test_a_full_standard_output_is_exit_1(tmp_path):
    with open("/dev/full", "w") as full:
        done = subprocess.run(
            [sys.executable, "-m", "doya_cli", "equilibria", "-o", "-"],
            cwd=tmp_path,
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
        )
    assert done.returncode == 1
    assert done.stderr == "Error: cannot write to standard output: No space left on device.\n"


def test_a_csv_file_of_more_than_200_mb_needs_a_yes(here, monkeypatch):
    """Its size is foretold from some of its rows; NPZ is written in any case."""
    size = len(doya_("simulate -o -").stdout)
    for limit, code in ((1.1 * size, 0), (0.9 * size, 2)):
        monkeypatch.setattr(output, "LARGE_CSV", limit)
        done = doya_("simulate -o a.csv")
        assert done.exit_code == code
    assert re.match(r"Error: -o a\.csv would write about 0 MB of CSV: add --yes ", done.stderr)
    assert doya_("simulate -o b.npz").exit_code == 0
    assert doya_("simulate --yes -o b.csv").exit_code == 0
    assert sorted(path.name for path in here.iterdir()) == ["a.csv", "b.csv", "b.npz"]
