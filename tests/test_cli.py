import csv
import io
import json
import os
import re
import shlex
import subprocess
import sys

import numpy as np
import pytest
from click.testing import CliRunner
from doya_cli.main import COMMANDS, main
from hypothesis import given
from hypothesis import strategies as st

import doya

UPPER, LOWER = -2.344389661369312, -2.655610338630688


@pytest.fixture
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


def doya_(command_line):
    return CliRunner().invoke(main, shlex.split(command_line))


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


def test_the_main_job_prints_the_folds_and_writes_the_picture(here):
    done = doya_("bifurcate --w 5")
    assert done.exit_code == 0
    assert re.findall(r"^LP +(-\d\.\d+)", done.stdout, re.M) == [
        repr(point.value) for point in doya.bifurcation_points(doya.NeuronODE(5.0))
    ]
    assert done.stderr == "Wrote doya-bifurcate.png\n"
    assert [path.name for path in here.iterdir()] == ["doya-bifurcate.png"]
    assert (here / "doya-bifurcate.png").read_bytes()[:8] == b"\x89PNG\r\n\x1a\n"


def test_json_of_bifurcate_holds_the_pinned_keys(here):
    whole = answer("bifurcate --w 5 --json")
    assert list(whole) == ["command", "version", "parameters", "result"]
    assert (whole["command"], whole["version"]) == ("bifurcate", doya.__version__)
    assert whole["parameters"]["over"] == ["b", -3.0, -2.0]
    first, second = whole["result"]["special_points"]
    assert list(first) == [
        *("kind", "parameter", "value", "x", "w", "b", "epsilon", "coefficient"),
    ]
    assert first["value"] == pytest.approx(UPPER, rel=1e-15)
    assert first["x"] == pytest.approx(0.27639320225002103, rel=1e-15)
    assert second["value"] == pytest.approx(LOWER, rel=1e-15)
    assert second["x"] == pytest.approx(0.72360679774997897, rel=1e-15)
    assert first["epsilon"] is None
    ends = [(b["stable"], b["from"], b["to"]) for b in whole["result"]["branches"]]
    assert ends == [
        (True, -3.0, first["value"]),
        (False, first["value"], second["value"]),
        (True, second["value"], -2.0),
    ]
    assert list(here.iterdir()) == []


def test_json_of_equilibria_and_regions_holds_the_pinned_keys():
    found = answer("equilibria --w 5 --b -2.5 --json")["result"]
    assert found["count"] == 3
    assert [list(each) for each in found["equilibria"]] == [["x", "eigenvalue", "stable"]] * 3
    assert [each["stable"] for each in found["equilibria"]] == [True, False, True]
    plane = answer("regions --json --over w 3 6")["result"]
    assert [point["kind"] for point in plane["special_points"]] == ["CP"]
    assert {"kind", "w", "b", "x"} <= set(plane["curves"][0])
    assert max(plane["curves"][0]["w"]) == pytest.approx(6.0)


def test_the_map_flips_along_every_parameter():
    for options in ("--w -10", "--b 3 --over w -20 0", "--w -10 --b 3 --over epsilon 0.1 1"):
        whole = answer(f"bifurcate --dynamics map --epsilon 0.8 {options} --json")
        kinds = {point["kind"] for point in whole["result"]["special_points"]}
        assert kinds == {"PD"}


def test_regions_of_the_map_show_its_flips_by_default():
    kinds = [c["kind"] for c in answer("regions --dynamics map --json")["result"]["curves"]]
    assert kinds == ["LP", "LP", "PD", "PD"]


@pytest.mark.parametrize("command", COMMANDS)
def test_data_files_carry_version_command_and_parameters(here, command):
    """CSV, JSON and NPZ hold the same columns, and the command in them makes them again."""
    assert doya_(f"{command} -o a.csv -o a.json -o a.npz --quiet").exit_code == 0
    text = (here / "a.csv").read_text()
    version, made_by, parameters = (line[2:] for line in text.splitlines()[:3])
    assert version == f"doya {doya.__version__}"
    assert json.loads(parameters.removeprefix("parameters: "))["dynamics"] == "flow"

    rows = list(csv.DictReader(line for line in text.splitlines() if line[0] != "#"))
    with np.load(here / "a.npz") as arrays:
        assert str(arrays["version"]) == doya.__version__
        assert str(arrays["command"]) == made_by.removeprefix("command: ")
        names = [name for name in arrays if name not in ("version", "command", "parameters")]
        assert names == list(rows[0])
        for name in names:
            if arrays[name].dtype.kind == "f":
                assert [float(row[name]) for row in rows] == arrays[name].tolist()
    whole = json.loads((here / "a.json").read_text())
    assert list(whole) == ["command", "version", "parameters", "result", "data"]
    assert list(whole["data"]) == names

    again = doya_(made_by.removeprefix("command: doya ") + " -o -")
    assert again.stdout == text


def test_the_data_marks_the_folds_at_the_ends_of_their_branches():
    rows = list(
        csv.DictReader(
            line for line in doya_("bifurcate -o -").stdout.splitlines() if line[0] != "#"
        )
    )
    marked = [(row["branch"], row["b"], row["x"]) for row in rows if row["label"] == "LP"]
    assert [branch for branch, *_ in marked] == ["1", "2", "2", "3"]
    assert marked[0][1:] == marked[1][1:]
    assert marked[2][1:] == marked[3][1:]
    assert len(rows) == 600


@pytest.mark.parametrize("suffix", ["png", "svg", "pdf", "csv", "json", "npz"])
@pytest.mark.parametrize("command", COMMANDS)
def test_the_same_command_gives_the_same_bytes(here, command, suffix):
    for name in ("one", "two"):
        assert doya_(f"{command} -o {name}.{suffix}").exit_code == 0
    assert (here / f"one.{suffix}").read_bytes() == (here / f"two.{suffix}").read_bytes()


FINITE = "must be finite, from -1e100 to 1e100, got"
STEP = "epsilon must be greater than 0 .at least 1e-100. and at most 1, got"
WRONG = [
    ("bifurcate --w nan", f"'--w': w {FINITE} nan"),
    ("bifurcate --w inf", f"'--w': w {FINITE} inf"),
    ("bifurcate --w five", "'--w': 'five' is not a number"),
    ("bifurcate --w 1e101", f"'--w': w {FINITE} 1e.101"),
    ("bifurcate --over b -2 -3", "'--over': b needs LOW < HIGH, got -2.0 and -3.0"),
    ("bifurcate --over b -2 -2", "'--over': b needs LOW < HIGH, got -2.0 and -2.0"),
    ("bifurcate --over b 1.00000000001 1", "'--over': b needs .* got 1.00000000001 and 1.0"),
    ("bifurcate --over b nan 0", f"'--over': b {FINITE} nan"),
    ("bifurcate --over q 0 1", "'--over': 'q' is not one of 'b', 'w', 'epsilon'"),
    ("bifurcate --over b 1", "'--over' requires 3 arguments"),
    ("bifurcate --over b zero 1", "'--over': 'zero' is not a valid float"),
    ("bifurcate --over b 0 1 --over w 0 1", "--over sweeps one parameter: give it once"),
    ("bifurcate --over epsilon 0.1 1", "--over epsilon needs --dynamics map"),
    ("bifurcate --dynamics map --over epsilon 0 1", f"'--over': {STEP} 0.0"),
    ("bifurcate --points 0", "'--points': 0 is not a whole number from 2 to 1000000"),
    ("bifurcate --points 2.5", "'--points': 2.5 is not a whole number from 2 to 1000000"),
    ("bifurcate --epsilon 0", f"'--epsilon': {STEP} 0.0"),
    ("bifurcate --epsilon 1.5", f"'--epsilon': {STEP} 1.5"),
    ("bifurcate --epsilon nan", f"'--epsilon': {STEP} nan"),
    ("bifurcate --epsilon 0.5", "--epsilon is the step of the map"),
    ("bifurcate --dynamics chaos", "--dynamics.* 'chaos' is not one of 'flow', 'map'"),
    ("bifurcate -o picture.bmp", r"-o.* 'picture.bmp'.* \.png, \.svg, \.pdf, \.csv, \.json, \.npz"),
    ("bifurcate -o picture", "'picture' ends in no suffix"),
    ("bifurcate --json -o -", "--json and -o - both print"),
    ("bifurcate --colour", "No such option"),
    ("equilibria --b nan", f"'--b': b {FINITE} nan"),
    ("equilibria --epsilon 0.5", "--epsilon is the step of the map"),
    ("regions --over w 3 4 --over w 5 6", "'--over': w is given twice; once is allowed"),
    ("regions --over b 2 1", "'--over': b needs LOW < HIGH"),
    ("regions --over epsilon 0 1", "'epsilon' is not one of 'w', 'b'"),
    ("cusps", "No such command 'cusps'"),
]


@pytest.mark.parametrize(("command_line", "words"), WRONG, ids=[line for line, _ in WRONG])
def test_wrong_usage_is_one_sentence_exit_2_and_nothing_on_disk(here, command_line, words):
    done = doya_(command_line)
    assert done.exit_code == 2
    assert re.fullmatch(f"Error: .*{words}.*\n", done.stderr)
    assert done.stdout == ""
    assert list(here.iterdir()) == []


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
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
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


@pytest.mark.parametrize(
    "options",
    [
        "--w 0",
        "--w 4",
        "--w 4 --b -2",
        "--w 1e6",
        "--w -1e6",
        "--b 700",
        "--b -700",
        "--w 1e100 --b -1e100",
        f"--w 5 --b {UPPER}",
        "--w -1e100 --b 1e100 --dynamics map",
        "--w 1e6 --dynamics map --epsilon 1e-6",
        "--w -1e6 --dynamics map --epsilon 1e-6",
    ],
)
def test_extremes_work(here, options):
    """Every command ends well, and no number in its result is missing."""
    for command in ("equilibria", "bifurcate"):
        whole = answer(f"{command} {options} --json -o a.png -o a.csv")
        assert whole["result"]
        text = (here / "a.csv").read_text()
        assert "nan" not in text
        assert "inf" not in text


numbers = st.floats() | st.floats(-1e100, 1e100) | st.floats(-10, 10)


@given(
    command=st.sampled_from(COMMANDS),
    values=st.tuples(numbers, numbers),
    epsilon=st.none() | st.floats(0.0, 1.1),
    dynamics=st.sampled_from(["flow", "map"]),
    over=st.none() | st.tuples(st.sampled_from(["b", "w", "epsilon"]), numbers, numbers),
    points=st.integers(1, 50),
)
def test_any_numbers_end_in_an_answer_or_in_a_sentence_that_is_deserved(
    command, values, epsilon, dynamics, over, points
):
    """Exit 0 with valid JSON when every option is legal, else exit 2 with one line."""
    words = [command, "--dynamics", dynamics, "--json"]
    legal = True
    if command != "regions":
        words += ["--w", str(values[0]), "--b", str(values[1])]
        legal &= all(abs(value) <= 1e100 for value in values)
    if epsilon is not None:
        words += ["--epsilon", str(epsilon)]
        legal &= dynamics == "map" and 1e-100 <= epsilon <= 1.0
    if command != "equilibria":
        words += ["--points", str(points)]
        legal &= points >= 2
        if over is not None:
            words += ["--over", *map(str, over)]
            name, low, high = over
            legal &= low < high
            if name == "epsilon":
                legal &= low >= 1e-100 and high <= 1.0
                legal &= dynamics == "map" and command == "bifurcate"
            else:
                legal &= abs(low) <= 1e100 and abs(high) <= 1e100
    done = CliRunner().invoke(main, words)
    assert done.exit_code == (0 if legal else 2), done.output
    if legal:
        json.loads(done.stdout, parse_constant=pytest.fail)
    else:
        assert re.fullmatch("Error: .+\n", done.stderr)


def test_the_same_file_twice_is_written_once(here):
    assert doya_("equilibria -o a.csv -o ./a.csv -o a.csv").exit_code == 0
    assert [path.name for path in here.iterdir()] == ["a.csv"]


def test_one_file_by_two_names_and_kinds_is_refused(here):
    (here / "link.json").symlink_to("a.csv")
    done = doya_("equilibria -o a.csv -o link.json")
    assert (done.exit_code, done.stderr) == (
        2,
        "Error: 'a.csv' and 'link.json' are one file: choose one.\n",
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


def test_an_unforeseen_failure_is_one_line_and_exit_1(here, monkeypatch):
    def fail(*arguments, **options):
        raise RuntimeError("no such luck")

    monkeypatch.setattr(doya, "bifurcation_diagram", fail)
    done = doya_("bifurcate")
    assert (done.exit_code, done.stderr) == (1, "Error: RuntimeError: no such luck\n")


def test_without_a_standard_output_the_file_is_still_written(tmp_path):
    done = subprocess.run(
        f"{shlex.quote(sys.executable)} -m doya_cli equilibria >&-",
        shell=True,
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "Wrote doya-equilibria.png\n")


@pytest.mark.parametrize("options", ["--json", "-o -"])
def test_an_answer_that_has_nowhere_to_go_is_exit_1(tmp_path, options):
    done = subprocess.run(
        f"{shlex.quote(sys.executable)} -m doya_cli equilibria {options} >&-",
        shell=True,
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert done.stderr == "Error: there is no standard output to print to.\n"


def test_in_a_folder_that_is_gone_the_file_is_named(tmp_path):
    done = subprocess.run(
        f"mkdir gone && cd gone && rmdir ../gone &&"
        f" {shlex.quote(sys.executable)} -m doya_cli equilibria -o a.csv",
        shell=True,
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert done.stderr == "Error: cannot write 'a.csv': No such file or directory.\n"


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


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_help_with_the_options_all_share(command):
    done = doya_(f"{command} --help")
    assert done.exit_code == 0
    for option in ("--output", "--json", "--quiet", "--dynamics", "--epsilon"):
        assert option in done.stdout
    assert doya_("--help").stdout.count(f"\n  {command} ") == 1


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


def test_a_first_diagram_waits_for_no_compiler(tmp_path):
    """Neither numba nor scipy nor pyplot is imported on the way to the picture."""
    modules = imported("bifurcate --w 5", tmp_path)
    assert "matplotlib" in modules
    assert not modules & {"numba", "scipy", "llvmlite", "pandas"}


def test_a_closed_pipe_ends_quietly(tmp_path):
    """`doya bifurcate -o - | head -1` prints one line and no traceback."""
    done = subprocess.run(
        f"{shlex.quote(sys.executable)} -m doya_cli bifurcate --points 100000 -o - | head -1",
        shell=True,
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
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


def test_python_m_doya_cli_is_the_command(tmp_path):
    done = in_process("--version", tmp_path)
    assert (done.returncode, done.stdout) == (0, f"doya {doya.__version__}\n")
    assert in_process("bifurcate --w five", tmp_path).returncode == 2
