import csv
import re

import numpy as np
import pytest

import doya
from promises import made_again, refused
from shell import answer, doya_

STORY = "--b -2.2 --x0 0.5 --t-end 50 --target 0.855 --learn b --learning-rate 2 --steps 100"


def test_plain_descent_is_thrown_far_and_clipped_descent_stays(here):
    """The geometric model, in numbers of 40-digit arithmetic."""
    plain = answer(f"train {STORY} --json")["result"]
    assert (plain["steps"], plain["status"], plain["clipped"]) == (100, 0, 0)
    assert plain["final"]["parameters"]["b"] == pytest.approx(28.2, abs=0.05)
    assert plain["final"]["loss"] == pytest.approx(0.0210, abs=5e-5)
    clipped = answer(f"train {STORY} --clip 0.05 --json")["result"]
    assert clipped["final"]["parameters"]["b"] == pytest.approx(-2.4983, abs=5e-5)
    assert clipped["final"]["loss"] == pytest.approx(5.6e-7, abs=5e-9)
    assert clipped["clipped"] == sum(clipped["path"]["clipped"]) == 6
    assert clipped["largest_gradient"] == max(clipped["path"]["gradient_norm"])
    words = r"Step 88 threw b across the wall at b = -2\.5, .* b = 28\.2\d+, loss 0\.021\. .*"
    assert re.fullmatch(words, plain["message"])
    assert clipped["message"].startswith(
        "12 of 100 steps crossed the wall at b = -2.5, the first of them step 25. "
    )
    assert [len(row) for row in clipped["path"].values()] == [101] * len(clipped["path"])
    assert list(here.iterdir()) == []


@pytest.mark.parametrize(
    ("options", "rate"),
    [
        ("", 2.0),
        ("--rule sign", 2.0),
        ("--rule adam", 0.1),
        ("--rule rmsprop", 0.1),
        ("--rule adagrad --learning-rate 2", 2.0),
    ],
)
def test_the_usual_learning_rate_is_that_of_the_rule(options, rate):
    """The first steps of adagrad, rmsprop and adam are about as long as it."""
    assert answer(f"train {options} --steps 1 --json")["parameters"]["learning_rate"] == rate


def test_each_step_goes_against_the_gradient_by_the_rate():
    path = answer("train --b -2.2 --learn b --learn w --learning-rate 0.5 --steps 9 --json")
    path = {name: np.array(row) for name, row in path["result"]["path"].items()}
    for name in ("b", "w"):
        np.testing.assert_allclose(np.diff(path[name]), -0.5 * path[f"gradient_{name}"][:-1])
    norm = np.hypot(path["gradient_b"], path["gradient_w"])
    np.testing.assert_allclose(path["gradient_norm"], norm)


@pytest.mark.parametrize(
    ("options", "keywords"),
    [
        ("--momentum 0.5", {"momentum": 0.5}),
        ("--rule sign", {"rule": "sign"}),
        ("--learn x0 --learn w", {"learn": ("x0", "w")}),
        ("--input 0.1", {"u": 0.1}),
        ("--pulse 5 8 0.5", {"u": doya.Pulses([(5.0, 8.0, 0.5)])}),
    ],
)
def test_the_options_are_those_of_the_library(options, keywords):
    result = answer(f"train --b -2.2 --learning-rate 0.1 --steps 7 {options} --json")["result"]
    path = doya.train(
        doya.NeuronODE(5.0, -2.2), 0.5, 50.0, 0.855, learning_rate=0.1, steps=7, **keywords
    )
    for name in path.learn:
        assert result["path"][name] == path.parameters[name].tolist()


def test_teacher_forcing_tells_the_loss_with_and_without_the_teacher():
    options = "--dynamics map --b -2.2 --teacher-forcing 0.2 --steps 5"
    path = answer(f"train {options} --json")["result"]["path"]
    x = doya.final_state(doya.NeuronMap(5.0, np.array(path["b"])), 0.5, 50)
    np.testing.assert_allclose(path["free_loss"], (0.855 - x) ** 2)
    assert path["loss"][0] < path["free_loss"][0]


def test_a_descent_that_takes_no_step_is_a_failure(here):
    """On the wall at T = 1e4 the gradient is beyond the range of a double."""
    done = doya_("train --b -2.5 --t-end 1e4")
    assert (done.exit_code, done.stdout) == (1, "")
    assert done.stderr == (
        "Error: Stopped after 0 steps, because the gradient is not finite. At the end (step 0):"
        " b = -2.5, loss 0.13. Set --clip, use --rule sign, or shorten --t-end.\n"
    )
    assert list(here.iterdir()) == []
    assert answer("train --t-end 1e4 --clip 0.1 --json")["result"]["status"] == 0


def test_the_table_has_the_start_the_least_the_steepest_and_the_end(here):
    lines = doya_(f"train {STORY} --clip 0.05").stdout.splitlines()
    assert lines[0].split() == ["step", "b", "loss", "|gradient|"]
    rows = [re.split("  +", line) for line in lines[1:5]]
    assert [row[:2] for row in rows] == [
        *(["start", "0"], ["least loss", "24"], ["largest gradient", "25"], ["end", "100"])
    ]
    clipped = "In 6 of 100 steps the gradient was clipped; |gradient| is its norm before clipping."
    assert " ".join(lines[6:8]) == clipped
    assert " ".join(lines[9:11]) == (
        "12 of 100 steps crossed the wall at b = -2.5, the first of them step 25. At the end (step"
        " 100): b = -2.49832, loss 5.6e-07. Least loss: 2e-09, after step 24."
    )
    assert (here / "doya-train.png").exists()


def test_under_teacher_forcing_the_free_loss_comes_first(here):
    """The forced descent ends beyond the wall, where the neuron alone has a loss of 0.5047."""
    lines = doya_("train --dynamics map --teacher-forcing 0.2 -o a.csv").stdout.splitlines()
    assert re.split("  +", lines[0])[1:5] == ["step", "b", "free loss", "loss with teacher"]
    assert re.split("  +", lines[4])[3] == "0.504676"
    assert ", free loss 0.5, loss with teacher 2e-25. Least free loss: 3.9e-08, after step 28." in (
        " ".join(lines)
    )


def test_a_descent_that_stops_on_its_way_is_an_answer(here):
    """The verdict has the reason."""
    done = doya_("train --x0 1e98 --t-end 0 --target -1e98 --learn x0 --steps 9")
    assert done.exit_code == 0
    assert (
        "Stopped after 3 steps, because a parameter left the range from -1e100 to 1e100"
        in done.stdout
    )


@pytest.mark.parametrize(
    "options",
    [
        f"{STORY} --clip 0.05",
        "--learn w --learn x0 --momentum 0.9 --pulse 5 8 0.5 --input-weight 2 --b -2.2",
        "--dynamics map --epsilon 0.5 --teacher-forcing 0.1 --t-end 7 --rule sign",
    ],
)
def test_the_command_in_the_data_makes_it_again(here, options):
    data = made_again(f"train {options} --steps 8")
    rows = list(csv.DictReader(line for line in data.splitlines() if line[0] != "#"))
    assert [row["step"] for row in rows] == [str(k) for k in range(9)]


WRONG = [
    ("--learning-rate 0", "'--learning-rate': it must be .* greater than 0, .*got 0.0"),
    ("--learning-rate nan", "'--learning-rate': it must .* greater than 0, .*got nan"),
    ("--clip 0", "'--clip': clip must be a number greater than 0, up to 1e100, or inf, got 0.0"),
    ("--momentum 1", "'--momentum': momentum must be at least 0 and less than 1, got 1.0"),
    (
        "--rule sign --clip 1",
        "'--rule': rule must be .* got 'sign' .* remove --clip, or use --rule gradient",
    ),
    ("--rule adma", "'--rule': 'adma' is not one of 'gradient', 'sign', .*'adam'.*"),
    ("--learn u", "'--learn': 'u' is not one of 'b', 'w', 'x0', .*"),
    ("--learn epsilon", "--learn epsilon needs --dynamics map: the flow has no epsilon"),
    ("--clip atuo", "'--clip': 'atuo' is neither a number nor 'auto'"),
    ("--nesterov", "'--nesterov': nesterov needs a --momentum greater than 0: add --momentum 0.9"),
    (
        "--rule adam --momentum 0.5",
        "'--rule': rule must be one of gradient, rmsprop with --momentum.*",
    ),
    ("--l2 0.1", "'--l2': l2 has an effect only on w: add 'w' to what is learned"),
    ("--l2 -1", "'--l2': l2 must be at least 0, up to 1e100, got -1.0"),
    ("--learn input_weight -o a.gif", "an animation shows the landscape of one or two of b, w.*"),
    ("--steps -1", "'--steps': it must be a whole number from 0 to 1000000, got -1"),
    ("--steps 2.5", "'--steps': it must be a whole number from 0 to 1000000, got 2.5"),
    ("--teacher-forcing 0.2", "'--teacher-forcing': it must be 0 for .* got 0.2; .*"),
    ("--dynamics map --teacher-forcing 1", "'--teacher-forcing': .* less than 1, got 1.0"),
    ("--truncate 5", "'--truncate': truncate must be left out for the flow.*; add --dynamics map"),
    ("--omega 1", "'--omega': .* must be 0 for the flow.*got 1.0; add --dynamics map"),
    ("--omega -1 --dynamics map", "'--omega': .* at least 0, up to 1e100, got -1.0"),
    ("--forcing-every 2", "'--forcing-every': .*needs a --teacher-forcing greater than 0.*"),
    ("--dynamics map --truncate 0", "'--truncate': it must be a whole number from 1 to 1000000.*"),
    ("--target inf", "'--target': target must be finite, from -1e100 to 1e100, got inf"),
    ("--t-end -1", "'--t-end': it must be a time from 0 to inf, got -1.0"),
    ("--dynamics map --t-end 1.5", "'--t-end': it must be a whole number of steps, .*got 1.5"),
    ("--input 1 --pulse 3 5 1", "--pulse and --input both define the input: choose one"),
    ("--epsilon 0.5", "--epsilon is the step of the map, and the flow has none: .*"),
]


@pytest.mark.parametrize(("options", "words"), WRONG, ids=[options for options, _ in WRONG])
def test_wrong_usage_is_one_sentence_exit_2_and_nothing_on_disk(here, options, words):
    assert refused(f"train {options}", words)


@pytest.mark.each_third
@pytest.mark.parametrize(
    "options",
    [
        "--t-end 0",
        "--steps 0",
        "--learning-rate 1e100",
        "--target 1e100 --steps 5",
        "--w 1e100 --b -1e100",
        "--x0 1e100 --learn x0",
        "--w 0 --learn w --learn b --learn x0",
        "--dynamics map --w -100 --b 10 --epsilon 0.5 --clip 0.1",
    ],
)
def test_extremes_give_an_answer_and_a_picture(here, options):
    done = doya_(f"train {options}")
    assert done.exit_code == 0, done.stderr
    assert done.stderr.endswith("Wrote doya-train.png\n")


def test_the_bifurcations_that_are_crossed_are_listed():
    """The upper fold at w = 5 and the wall, in the order of the path, with their kinds."""
    found = answer("train --clip 0.05 --json")["result"]["bifurcations"]
    assert [(each["kind"], each["step"]) for each in found[:2]] == [("LP", 5), ("wall", 25)]
    # x = (1 - sqrt(1/5))/2 and b = ln(x/(1 - x)) - 5 x.
    assert found[0]["parameters"]["b"] == pytest.approx(-2.344389661369312, rel=1e-14)
    assert found[0]["x"] == pytest.approx(0.276393202250021, abs=1e-13)
    assert found[1]["x"] is None
    clipped = " ".join(doya_("train --clip 0.05").stdout.split())
    assert "Step 5 crossed a fold (LP) at b = -2.34439: two equilibria appeared." in clipped
    thrown = " ".join(doya_("train").stdout.split())  # back across the fold, to one equilibrium
    assert "Step 88 crossed a fold (LP) at b = -2.34439: two equilibria vanished." in thrown


@pytest.mark.parametrize("options", ["--b -2.6 --rule sign", ""])
def test_the_landscape_over_epsilon_ends_at_its_range(here, options):
    """Its margin would lead beyond 1, or below 1e-100."""
    line = f"train --dynamics map --learn epsilon --steps 3 {options} -o a.png"
    assert doya_(line).exit_code == 0
    assert (here / "a.png").exists()


def test_sparse_teacher_truncation_and_omega_are_those_of_the_library():
    """The last parameters are those of `train` with the same settings."""
    options = "--dynamics map --teacher-forcing 0.2 --forcing-every 3 --truncate 4 --omega 0.5"
    found = answer(f"train {options} --learn epsilon --steps 5 --learning-rate 0.1 --json")
    path = doya.train(
        doya.NeuronMap(5.0, -2.2), 0.5, 50, 0.855, "epsilon", 0.1, 5, teacher_forcing=0.2,
        forcing_every=3, truncate=4, penalty={"omega": 0.5},
    )  # fmt: skip
    assert found["result"]["final"]["parameters"]["epsilon"] == path.parameters["epsilon"][-1]
    assert (
        found["parameters"] | {"omega": 0.5, "forcing_every": 3, "truncate": 4}
        == (found["parameters"])
    )
