"""Any words after any command end in an answer or in a sentence."""

import csv
import io
import json
import os
import re
import shutil
import xml.etree.ElementTree
import zlib
from dataclasses import replace

import numpy as np
import PIL.Image
import pytest
import scipy.io
from click.testing import CliRunner
from hypothesis import given, seed, settings

from command_lines import command_lines, command_named, parameters
from doya.animations import Animation
from doya.figures import FIGURES
from doya_cli import gallery
from doya_cli.main import COMMANDS, main
from doya_cli.moving_figures import MOVING
from promises import names_of_python, other_options

# Every option of every command, and how many lines with each: 2, and 300 where
# HYPOTHESIS_PROFILE=search.
OPTIONS = [(name, each.name) for name in COMMANDS for each in parameters(command_named(name))]
SEARCHES = settings.default.max_examples >= 1000
LINES = settings.default.max_examples // 10 if SEARCHES else 2


@pytest.mark.each_third
@pytest.mark.parametrize(("name", "option"), OPTIONS, ids=map(" ".join, OPTIONS))
def test_any_words_end_in_an_answer_or_in_a_sentence(name, option, tmp_path, monkeypatch):
    """Exit 0, 1 or 2, one line if not 0, valid JSON if asked for, and files whole or not at all."""
    _make_inputs(tmp_path / "inputs")
    (tmp_path / "run").mkdir()
    monkeypatch.chdir(tmp_path / "run")
    _make_figures_cheap(monkeypatch)
    monkeypatch.setattr("doya.sweeps.cluster.PATIENCE", 0.1)
    codes = set()

    @settings(settings.default, max_examples=LINES)
    @given(command_lines(command_named(name), option))
    def run(words):
        _begin_anew(tmp_path / "run")
        before = _contents(tmp_path)
        done = CliRunner().invoke(main, [name, *words])
        _assert_ended_well(done)
        assert not other_options(done.stderr, command_named(name), words)
        changed = {
            path: content
            for path, content in _contents(tmp_path).items()
            if before.get(path) != content
        }
        codes.add(min(done.exit_code, 1))
        if done.exit_code:
            assert done.stdout == ""
            assert not changed
            return
        for path in changed:
            _assert_whole(path)
        _assert_printed_well(done, words)

    (run if SEARCHES else seed(zlib.crc32(f"{name} {option}".encode()))(run))()
    assert 0 in codes or not SEARCHES


def _assert_ended_well(done):
    assert done.exception is None or isinstance(done.exception, SystemExit)
    assert done.exit_code in (0, 1, 2)
    if done.exit_code:
        assert re.fullmatch(r"Error: \S.*[.?)]\n", done.stderr)
        assert not re.match(r"Error: \w+(Error|Warning|Exception): ", done.stderr)
        assert not names_of_python(done.stderr)
    assert "Traceback" not in done.output
    assert "Warning" not in done.stderr


def _assert_printed_well(done, words):
    if done.stdout.startswith("Usage: "):
        return
    if "--json" in words:
        whole = json.loads(done.stdout, parse_constant=pytest.fail)
        assert list(whole) == ["command", "version", "parameters", "result"]
    elif done.stdout.startswith("#"):
        _assert_table(done.stdout)
    if "--quiet" in words:
        assert done.stderr == ""


def _assert_whole(path):
    """Every file can be read by those who read its kind; `test_sweep_stores` reads stores."""
    if any((folder / "zarr.json").exists() for folder in path.parents):
        return
    assert not path.name.startswith(".doya")
    match path.suffix.lower():
        case ".png" | ".gif":
            with PIL.Image.open(path) as picture:
                picture.load()
        case ".svg":
            xml.etree.ElementTree.parse(path)
        case ".pdf":
            content = path.read_bytes()
            assert content.startswith(b"%PDF")
            assert content.endswith(b"%%EOF\n")
        case ".csv":
            _assert_table(path.read_text("utf-8"))
        case ".json" | ".ipynb":
            json.loads(path.read_text("utf-8"), parse_constant=pytest.fail)
        case ".npz":
            with np.load(path) as arrays:
                assert [arrays[each].shape for each in arrays]
        case ".nc":
            with scipy.io.netcdf_file(path) as arrays:
                assert arrays.variables
        case ".md":
            assert path.read_text("utf-8").startswith(gallery.MARK)
        case _:
            assert path.is_dir()


def _assert_table(text):
    """Comments, a header, and lines of as many cells."""
    lines = [line for line in text.split("\n") if not line.startswith("#")]
    rows = list(csv.reader(io.StringIO("\n".join(lines))))
    assert len({len(row) for row in rows}) == 1


def _contents(folder):
    """Everything in it, by path."""
    found = {}
    for parent, folders, files in os.walk(folder):
        here = folder / parent
        found |= {here / each: None for each in folders}
        for path in (here / each for each in files):
            found[path] = os.readlink(path) if path.is_symlink() else path.read_bytes()
    return found


def _begin_anew(folder):
    """What is in the way of those who write: see STEMS."""
    for path in folder.iterdir():
        shutil.rmtree(path) if path.is_dir() and not path.is_symlink() else path.unlink()
    (folder / "folder").mkdir()
    (folder / "folder.csv").mkdir()
    (folder / "shut").mkdir(0o500)
    (folder / "read-only.csv").touch(0o400)
    for name in ("there.csv", "there.png", "taken"):
        (folder / name).write_text("from before")
    (folder / "link.json").symlink_to("folder/target.json")
    (folder / "loop.csv").symlink_to("loop.csv")
    (folder / "full.csv").symlink_to("/dev/full")


def _make_inputs(folder):
    """Those of GOOD_INPUTS, and of BAD_INPUTS all that are not missing."""
    folder.mkdir()
    texts = {
        "u.csv": "t,u\n0,0.5\n10,-1\n",
        "one u a step.csv": "# input\n0.5\n-1\n0\n",
        "matrix.csv": "1,2\n-0.5,1\n",
        "ε\n\x1b\udcff.csv": "0,0.5\n1,0.25\n",
        "empty.csv": "",
        "words.csv": "zero,one\ntwo,three\n",
        "wide.csv": "0,1\n2,3,4\n",
        "nan.csv": "0,nan\n1,1e101\n",
        "quotes.csv": '"0,1\n2",3\n',
    }
    for name, text in texts.items():
        (folder / name).write_text(text, "utf-8")
    binary = bytes(range(256))
    header = b"\x93NUMPY\x01\x00v\x00"
    huge = b"{'descr': '<f8', 'fortran_order': False, 'shape': (1000000000, 1000000000), }"
    (folder / "latin.csv").write_bytes("é,1\n".encode("latin-1"))
    (folder / "binary.csv").write_bytes(binary)
    (folder / "binary.npy").write_bytes(binary)
    (folder / "empty.npy").touch()
    (folder / "huge.npy").write_bytes(header + huge.ljust(117) + b"\n")
    np.save(folder / "matrix.npy", np.array([[1, 2], [3, 4]]))
    np.save(folder / "objects.npy", np.array([[None]]))
    (folder / "cut.npy").write_bytes((folder / "matrix.npy").read_bytes()[:-5])
    for name in ("folder.csv", "folder.npy"):
        (folder / name).mkdir()


def _make_figures_cheap(monkeypatch):
    """Three, of an empty picture each, and empty films: no option changes what is in them."""

    def draw(figure):
        figure.subplots()
        return {"x": np.arange(3.0)}

    def move(figure, frames):
        return Animation(figure, np.arange(2), (), lambda k: None)

    for name in MOVING:
        monkeypatch.setitem(MOVING, name, move)
    cheap = {name: replace(FIGURES[name], draw=draw) for name in list(FIGURES)[:3]}
    monkeypatch.setattr("doya_cli.commands.figures._recipes", lambda: cheap)
