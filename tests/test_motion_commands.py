"""Animations as outputs of simulate, train and bifurcate: GIF by Pillow, MP4 and WebM by ffmpeg."""

import json
import os
import re
import shutil
import stat
import sys

import numpy as np
import pytest
from PIL import Image

import doya
from doya_cli import motions
from shell import ANSWERING, answer, doya_, in_a_line

MOVING = {
    "simulate": "simulate --pulse 5 8 0.5 --points 20",
    "train": "train --steps 5",
    "bifurcate": "bifurcate --animate w 3 7 --points 20",
}
SMALL = "--frames 4 --dpi 40"
every_moving = pytest.mark.parametrize("name", MOVING)


def frames(path):
    """Return the images of a GIF file and the time of each, in milliseconds."""
    with Image.open(path) as picture:
        found = []
        for k in range(picture.n_frames):
            picture.seek(k)
            found.append((np.asarray(picture.convert("RGB")), picture.info["duration"]))
        return found, picture.info


@pytest.mark.each_third
@every_moving
def test_a_gif_is_an_output_beside_others(here, name):
    """The animation has its frames and the command; the table and the CSV are as ever."""
    line = f"{MOVING[name]} {SMALL}"
    done = doya_(f"{line} -o a.gif -o a.csv")
    assert (done.exit_code, done.stderr) == (0, "Wrote a.gif\nWrote a.csv\n")
    shown, info = frames("a.gif")
    assert len(shown) == 4
    assert [time for _, time in shown] == [50, 50, 50, 2000]
    assert info["loop"] == 0
    assert shown[0][0].shape == (170, 256, 3)
    command = info["comment"].decode()
    assert command.startswith(f"doya {name} ")
    assert command.endswith(f" {SMALL}")
    # The command makes the file again, byte by byte.
    assert doya_(f"{command.removeprefix('doya ')} -o b.gif --quiet").exit_code == 0
    assert (here / "a.gif").read_bytes() == (here / "b.gif").read_bytes()
    assert "frames" not in (here / "a.csv").read_text()


@pytest.mark.long
@pytest.mark.usefixtures("fine")
def test_an_animation_by_default_has_101_frames_and_less_than_3_mb(here):
    """960 by 640 pixels, five seconds and a rest of two; without -o it is doya-bifurcate.gif."""
    done = doya_("bifurcate --animate w 3 7")
    assert done.stderr == "Wrote doya-bifurcate.gif\n"
    assert 1e4 < (here / "doya-bifurcate.gif").stat().st_size < 3e6
    shown, _ = frames("doya-bifurcate.gif")
    assert len(shown) == 101
    assert shown[0][0].shape == (640, 960, 3)


@pytest.mark.long
@pytest.mark.usefixtures("fine")
def test_by_default_frames_are_left_out_of_a_gif_that_is_too_large(here, monkeypatch):
    """With a size or a resolution of the user's own they are not."""
    monkeypatch.setattr(motions, "MOST_BYTES", 3e4)
    assert doya_(f"{MOVING['train']} --frames 6 -o a.gif").exit_code == 0
    assert (here / "a.gif").stat().st_size <= 3e4
    assert len(frames("a.gif")[0]) < 6
    assert doya_(f"{MOVING['train']} --frames 6 --dpi 150 -o b.gif").exit_code == 0
    assert len(frames("b.gif")[0]) == 6


@pytest.mark.long
@pytest.mark.parametrize("style", ["light", "dark"])
def test_size_and_style_are_those_of_the_options(here, style):
    """Pixels are exact, and the page has the colour of the style."""
    words = f"{MOVING['simulate']} --frames 2 --size 300x201px --style {style} -o a.gif"
    assert doya_(words).exit_code == 0
    image = frames("a.gif")[0][0][0]
    assert image.shape == (201, 300, 3)
    assert image[0, 0].tolist() == ([255] * 3 if style == "light" else [18] * 3)


@pytest.mark.long
def test_the_table_of_an_animation_is_that_of_its_last_frame(here):
    """Folds at w = 7 are b = ln(x/(1 - x)) - 7 x with x = (1 -+ sqrt(3/7))/2."""
    whole = answer(f"{MOVING['bifurcate']} {SMALL} -o a.gif --json")
    x = 0.5 * (1.0 + np.array([-1.0, 1.0]) * np.sqrt(3.0 / 7.0))
    found = [point["value"] for point in whole["result"]["special_points"]]
    assert found == pytest.approx((np.log(x / (1.0 - x)) - 7.0 * x).tolist(), abs=1e-12)
    assert whole["parameters"]["animate"] == ["w", 3.0, 7.0]
    assert whole["parameters"]["w"] is None
    low, high = whole["parameters"]["over"][1:]
    assert low < found[1] < -2.0 < high  # room for all frames, from the cusp on
    notice = doya_(f"{MOVING['bifurcate']} --w 5 {SMALL} -o a.gif").stderr
    assert "--w has no effect, because w is animated." in notice


@pytest.mark.long
def test_a_range_that_is_given_is_that_of_every_frame(here):
    """Without special points the default range holds the bends of sigma; epsilon moves a map's."""
    for words, over in (
        ("--animate w 3 7 --over b -4 -1", ["b", -4.0, -1.0]),
        ("--animate b -3 -2 --over w 3 6", ["w", 3.0, 6.0]),
        ("--animate w 0 1", None),
        ("--w -10 --dynamics map --animate epsilon 0.3 1", None),
        (
            "--w -10 --b 3 --dynamics map --animate b 2 3 --over epsilon 0.5 1",
            ["epsilon", 0.5, 1.0],
        ),
        ("--w -10 --dynamics map --animate w -12 -8 --over epsilon 0.5 1", ["epsilon", 0.5, 1.0]),
    ):
        whole = answer(f"bifurcate {words} --points 9 {SMALL} -o a.gif --json")
        assert over is None or whole["parameters"]["over"] == over
        assert len(frames("a.gif")[0]) >= 2


WRONG = {
    "bifurcate -o a.gif": "'a.gif' needs a parameter that changes, for example --animate w 3 7.",
    "bifurcate --animate w 3 7 -o a.png": "--animate needs -o PATH with .gif, .mp4 or .webm.",
    "bifurcate --animate w 3 7 --json": "--animate needs -o PATH with .gif, .mp4 or .webm.",
    "bifurcate --animate w 3 7 --animate b 1 2": "--animate moves one parameter: give it once.",
    "bifurcate --animate b -3 -2": "--animate and --over both change b: choose two parameters.",
    "bifurcate --animate epsilon 0.1 1": "--animate epsilon needs --dynamics map; the flow has no"
    " step.",
    "bifurcate --animate w 7 3": "w needs LOW < HIGH, got 7 and 3: write --animate w 3 7.",
    "bifurcate --animate w 3": "--animate takes 3 values, NAME LOW HIGH, for example --animate w 3"
    " 7; got --animate w 3: HIGH is missing.",
    "simulate --frames 1": "it must be a whole number from 2 to 1000, got 1.",
    "simulate --size 5000x400px -o a.gif": "an animation of 5000 x 400 pixels is too large: each"
    " side must be at most 3840 pixels; choose a smaller --size or --dpi.",
    "simulate --size 3840x2160px --frames 500 -o a.gif": "an animation of 3840 x 2160 pixels may"
    " have at most 120 frames: choose --frames 120 or less, or a smaller --size.",
    "train --learn b --learn w --learn x0 -o a.gif": "an animation shows the landscape of one or"
    " two of b, w, x0 and epsilon, got b, w, x0: give --learn at most twice, and without"
    " input_weight, up or down.",
    "landscape -o a.gif": "'a.gif' has the suffix .gif; use one of .png, .svg, .pdf, .csv, .json,"
    " .npz, .nc, .zarr, or - for CSV on standard output.",
}


@pytest.mark.parametrize("line", WRONG)
def test_what_cannot_be_animated_is_one_sentence_before_any_work(here, monkeypatch, line):
    for name in ("simulate", "train", "bifurcation_diagram"):
        monkeypatch.setattr(doya, name, pytest.fail)
    done = doya_(line)
    assert (done.exit_code, done.stdout) == (2, "")
    assert WRONG[line] in done.stderr
    assert done.stderr.count("\n") == 1
    assert list(here.iterdir()) == []


def test_frames_without_an_animation_are_noticed(here):
    done = doya_("simulate --frames 5 -o a.csv")
    assert done.stderr == (
        "--frames has no effect, because no animation is written.\nWrote a.csv\n"
    )
    assert doya_("simulate -o a.csv").stderr == "Wrote a.csv\n"


def test_only_these_three_commands_offer_animations():
    """Their helps name the suffixes and an example."""
    for name in ANSWERING:
        text = in_a_line(doya_(f"{name} --help").stdout)
        assert (".gif .mp4 .webm" in text) == (name in MOVING)
        assert bool(re.search(r"doya \w+ .*-o \w+\.gif", text)) == (name in MOVING)


@pytest.mark.parametrize("suffix", ["mp4", "webm"])
def test_without_ffmpeg_a_video_is_one_sentence_that_names_it_and_gif(here, monkeypatch, suffix):
    """Before any work."""
    monkeypatch.setenv("PATH", str(here))
    monkeypatch.setattr(doya, "simulate", pytest.fail)
    done = doya_(f"simulate -o a.csv -o film.{suffix}")
    assert (done.exit_code, done.stdout) == (1, "")
    assert done.stderr == (
        f"Error: 'film.{suffix}' needs the program ffmpeg, which is not installed: install ffmpeg,"
        " or write 'film.gif', which needs no other program.\n"
    )
    assert list(here.iterdir()) == []


@pytest.fixture
def ffmpeg(here, monkeypatch):
    """Put a program of this name on the path: a script, which is given what follows its reading."""

    def install(then):
        folder = here / "bin"
        folder.mkdir()
        program = folder / "ffmpeg"
        program.write_text(f"#!{sys.executable}\nimport json, sys\n{then}")
        program.chmod(program.stat().st_mode | stat.S_IXUSR)
        monkeypatch.setenv("PATH", str(folder), prepend=os.pathsep)

    return install


@pytest.mark.long
@pytest.mark.skipif(sys.platform == "win32", reason="a script is a program on POSIX")
def test_ffmpeg_is_fed_every_frame_and_its_file_is_the_output(here, ffmpeg):
    """Raw frames of 256 by 170 pixels, the last one held for two seconds at 20 a second."""
    ffmpeg(
        "size = len(sys.stdin.buffer.read())\n"
        "open(sys.argv[-1], 'w').write(json.dumps([size, sys.argv[1:]]))\n"
    )
    done = doya_(f"{MOVING['simulate']} {SMALL} -o a.mp4 -o a.webm")
    assert (done.exit_code, done.stderr) == (0, "Wrote a.mp4\nWrote a.webm\n")
    for suffix in ("mp4", "webm"):
        size, words = json.loads((here / f"a.{suffix}").read_text())
        assert size == (4 + 40) * 256 * 170 * 3
        assert words[words.index("-s") + 1] == "256x170"
        assert words[words.index("-r") + 1] == "20"
        assert words[words.index("-metadata") + 1].startswith("comment=doya simulate ")
        assert words[-1].endswith(f".{suffix}")
    assert sorted(path.name for path in here.iterdir()) == ["a.mp4", "a.webm", "bin"]


@pytest.mark.skipif(sys.platform == "win32", reason="a script is a program on POSIX")
@pytest.mark.parametrize("reads", ["sys.stdin.buffer.read()", "sys.stdin.buffer.read(10)"])
def test_a_failure_of_ffmpeg_is_one_sentence_and_leaves_nothing(here, ffmpeg, reads):
    """Whether it fails at the end or long before the last frame."""
    ffmpeg(f"{reads}\nsys.stderr.write('Some words\\nUnknown encoder x\\n')\nsys.exit(1)\n")
    done = doya_(f"{MOVING['simulate']} {SMALL} -o a.csv -o a.mp4")
    assert (done.exit_code, done.stdout) == (1, "")
    assert done.stderr == (
        "Error: ffmpeg has failed: Unknown encoder x. A .gif needs no other program.\n"
    )
    assert [path.name for path in here.iterdir()] == ["bin"]


@pytest.mark.skipif(sys.platform == "win32", reason="a script is a program on POSIX")
def test_ctrl_c_in_a_video_ends_ffmpeg_and_leaves_nothing(here, ffmpeg, monkeypatch):
    """The program waits for its input, which never ends by itself."""
    ffmpeg("sys.stdin.buffer.read()\n")
    started = []
    popen = motions.subprocess.Popen

    def start(*words, **given):
        started.append(popen(*words, **given))
        return started[-1]

    def interrupt(part):
        raise KeyboardInterrupt

    monkeypatch.setattr(motions.subprocess, "Popen", start)
    path = doya.simulate(doya.NeuronODE(), 0.5, 3.0)
    with pytest.raises(KeyboardInterrupt):
        motions.filmed(
            lambda figure, most: doya.animations.animate_trajectory(path, figure, frames=most),
            ".mp4", "doya simulate", motions.Look(dpi=20), 3, interrupt,
        )  # fmt: skip
    assert started[0].poll() is not None


@pytest.mark.skipif(not shutil.which("ffmpeg"), reason="no ffmpeg here")
@pytest.mark.parametrize("suffix", ["mp4", "webm"])
def test_ffmpeg_makes_a_video(here, suffix):
    """The first bytes are those of the format; odd sides are made even."""
    words = f"{MOVING['simulate']} --frames 3 --size 301x201px -o a.{suffix}"
    assert doya_(words).exit_code == 0
    start = (here / f"a.{suffix}").read_bytes()[:12]
    assert start[4:8] == b"ftyp" if suffix == "mp4" else start[:4] == b"\x1a\x45\xdf\xa3"
