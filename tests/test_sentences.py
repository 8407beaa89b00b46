"""Errors of the library reach the shell with options in place of Python's arguments and classes."""

import numpy as np
import pytest

import doya
from doya_cli.sentences import in_options
from promises import names_of_python
from shell import answer, doya_

PROVOKED = [
    ("simulate --t-end -1", "'--t-end': it must be a time from 0 to inf, got -1.0"),
    ("simulate --t-end inf --method rk4", "'--t-end': it must be finite for the method 'rk4'"),
    ("simulate --dynamics map --t-end 1.5", "'--t-end': it must be a whole number of steps"),
    ("simulate --input-weight inf", "'--input-weight': it must be finite"),
    ("simulate --input 1e101", "'--input': it must be from -1e100"),
    ("simulate --method euler --step -1", "'--step': step must be a positive, finite number"),
    ("simulate --input 1e100 --input-weight 1e100", "'--input': it must keep w' u from -1e100"),
    ("simulate --pulse 5 8 1e100 --input-weight 1e100", "'--pulse': it must keep w' u from -1e100"),
    ("simulate --dynamics map --t-end 3 --input two.csv", "'--input': it must have 3 values, one"),
    ("sensitivity --t-end -1", "'--t-end': it must be a time"),
    ("sensitivity --dynamics map --over b 0 1 --t-end inf", "'--t-end': it must be a whole"),
    ("sensitivity --over x0 0 1 --x0 .1 --x0 .2", "'--x0': x0 must be one number for --over x0"),
    ("sensitivity --delta 0", "'--delta': delta must not be 0"),
    ("landscape --t-end nan", "'--t-end': it must be a time"),
    ("landscape --over b 0 1 --over w 4 5 --points 1000000", "'--points': it asks for 1000000 x "),
    ("train --learning-rate 0", "'--learning-rate': it must be a number greater than 0"),
    ("train --teacher-forcing 0.2", "which has no steps, got 0.2; add --dynamics map"),
    ("train --teacher-forcing 1", "'--teacher-forcing': it must be at least 0 and less than 1"),
    ("train --momentum 1", "'--momentum': momentum must be at least 0"),
    (
        "train --rule sign --clip 1",
        "'--rule': rule must be one of gradient, adagrad, rmsprop, adam with --clip, got 'sign'"
        " with --clip 1.0:"
        " remove --clip, or use --rule gradient.",
    ),
    (
        "train --rule sign --clip 1 --momentum 0.5",
        "got 'sign' with --clip 1.0 and --momentum 0.5: remove --clip and --momentum, or"
        " use --rule gradient.",
    ),
    (
        "train --rule sign --momentum 0.5",
        "got 'sign' with --momentum 0.5: remove --momentum, or use",
    ),
    (
        "orbit --follow --x0 .1 --x0 .2",
        "--follow takes at most one --x0, got 2: give one, or remove --follow",
    ),
    ("network --factor 1e100 --activation logistic", "'--factor': W_rec must be from -1e100"),
    ("convert tanh w=1e100 h=0", "4 w must be from -1e100"),
    (
        "landscape tanh w=1 h=0 --over x0 0 1",
        "--over x0 needs Doya's parameters: remove AUTHOR and its letters.",
    ),
    ("explore --pulse 5 8 1 --input 1", "--pulse and --input both define the input: choose one."),
    (
        "explore --teacher-forcing 0.2",
        "'--teacher-forcing': it is for the map: add --dynamics map.",
    ),
    ("explore --noise 0.2", "noise is a number of a task, and there is none: add --task latch."),
    ("train --learning-rate 1e300", "'--learning-rate': it must be a number greater than 0"),
]


@pytest.mark.parametrize(("line", "words"), PROVOKED, ids=[line for line, _ in PROVOKED])
def test_an_error_of_the_library_names_options_and_nothing_of_python(here, line, words):
    (here / "two.csv").write_text("1\n2\n")
    done = doya_(line)
    assert done.exit_code == 2, done.output
    assert words in done.stderr
    assert names_of_python(done.stderr) == set()


def test_a_descent_that_stops_names_options_in_table_and_json(here):
    """At T = 0 a step multiplies x0 - target by 1 - 2 * 10, so x0 leaves its range in step 79."""
    line = "train --learn x0 --t-end 0 --learning-rate 10 --steps 200"
    remedy = "Lower --learning-rate, or set --clip."
    assert remedy in " ".join(doya_(line).stdout.split())
    message = answer(f"{line} --json")["result"]["message"]
    assert remedy in message
    assert names_of_python(message) == set()


def test_walls_name_options_in_json(here):
    (wall,) = answer("landscape --t-end 300 --points 3 --json")["result"]["walls"]
    assert wall["message"].endswith(" Shorten --t-end to widen the wall.")
    assert names_of_python(wall["message"]) == set()


def test_an_argument_error_keeps_its_words_apart():
    """The shell needs them without the argument."""
    with pytest.raises(doya.ArgumentError) as caught:
        doya.NeuronODE(np.nan)
    assert caught.value.words == "must be finite, from -1e100 to 1e100, got nan"
    assert str(caught.value) == f"w {caught.value.words}"


@pytest.mark.parametrize(
    ("python", "shell"),
    [
        ("Raise max_steps of simulate, shorten t_end.", "Shorten --t-end."),
        ("Use simulate with method='dop853'.", "Use doya simulate with --method dop853."),
        ("Shorten t_end, or give a function u(t) as a Table.", "Shorten --t-end."),
        ("Set clip, use rule='sign'.", "Set --clip, use --rule sign."),
        ("clipped steps and the momentum", "clipped steps and the --momentum"),
        ("follow=True; use a NeuronMap", "--follow; add --dynamics map"),
        (
            "must be among w, input_weight, got 'up': give learning_rate",
            "must be among w, input_weight, got 'up': give --learning-rate",
        ),
        (
            "must be among u, clip for train, got 'clip'",
            "must be among u, clip for train, got 'clip'",
        ),
        ("wrt has 'input_weight', set clip", "wrt has 'input_weight', set --clip"),
        ("At the end: b = -2, input_weight = 0.9.", "At the end: b = -2, input_weight = 0.9."),
        ("the method 'rk4' of t = 5.0", "the method 'rk4' of t = 5.0"),
        (
            "must not be a Ramp here: give a staircase of its values as a Table",
            "cannot be used here: use --pulse for each step of a staircase",
        ),
        ("must be 'formula' for a Ramp, which", "must be 'formula' for --ramp, which"),
        ("t must be a time, up to 1e100 in size", "--t-end must be a time, up to 1e100 in size"),
    ],
)
def test_sentences_are_translated(python, shell):
    assert in_options(python) == shell
