import csv
import dataclasses
import json
import re
import shlex

import numpy as np
import pytest

from doya.conversions import AUTHORS
from promises import refused
from shell import answer, doya_

# k = 0.5, e = 1 / (epsilon abs(w)) = 0.02, a = -b/w = 0.1, by hand.
PASEMANN = "pasemann gamma=0.5 theta=5 w=-50"


def test_json_holds_an_object_per_author_or_null_with_the_reason(here):
    whole = answer(f"convert {PASEMANN} --json")
    assert whole["parameters"] == {
        "author": "pasemann",
        "letters": {"gamma": 0.5, "theta": 5.0, "w": -50.0},
    }
    assert whole["result"] == {
        "doya": {"w": -100.0, "b": 10.0, "dynamics": "map", "epsilon": 0.5},
        "pascanu": None,
        "pasemann": {"gamma": 0.5, "theta": 5.0, "w": -50.0},
        "aihara": {"k": 0.5, "alpha": 1.0, "a": 0.1, "epsilon": 0.02},
        "beer": None,
        "wilson-cowan": None,
        "tanh": {"w": -25.0, "h": -20.0, "epsilon": 0.5},
        "tanh-flow": None,
        "reasons": {
            "pascanu": "Doya's epsilon must be 1 for Pascanu's neuron, got 0.5",
            "beer": "neuron must be a flow for Beer's neuron, got a map",
            "wilson-cowan": "neuron must be a flow for Wilson and Cowan's neuron, got a map",
            "tanh-flow": "neuron must be a flow for the tanh flow, got a map",
        },
    }
    assert list(here.iterdir()) == []


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("pascanu w=-6 b=3", {"pasemann": [0.0, 3.0, -6.0], "tanh": [-1.5, 0.0, 1.0]}),
        ("tanh w=1.25 h=0.25 epsilon=1", {"pascanu": [5.0, -2.0], "aihara": None}),
        ("aihara k=0.5 alpha=2 a=1.5 epsilon=0.5", {"pasemann": [0.5, 3.0, -4.0]}),
        ("beer w=5 theta=1 input=-3.5 tau=2", {"pasemann": None, "beer": [5.0, 1.0, -3.5, 2.0]}),
        ("--w 5 --b -2.5", {"beer": [5.0, 0.0, -2.5, 1.0], "pascanu": None}),
        ("wilson-cowan w=5 theta=0 a=2 input=0 tau=3", {"tanh-flow": [2.5, 0.0, 1.0]}),
        ("tanh-flow w=2 h=0.5 tau=1", {"wilson-cowan": [8.0, 0.0, 1.0, 1.0, 1.0]}),
        ("--w 5 --dynamics map", {"pascanu": [5.0, -2.5], "tanh": [1.25, 0.0, 1.0], "beer": None}),
        ("--w -8 --b 6 --dynamics map --epsilon 0.5", {"aihara": [0.5, 1.0, 0.75, 0.25]}),
    ],
)
def test_the_neuron_may_be_said_in_any_letters(words, expected):
    """Values by hand, in exact binary fractions; the author who was named keeps his own."""
    result = answer(f"convert {words} --json")["result"]
    for author, letters in expected.items():
        found = result[author]
        assert (found and list(found.values())) == letters
        assert (author in result["reasons"]) == (letters is None)
    given = dict(word.split("=") for word in words.split() if "=" in word)
    if given:
        assert result[words.split()[0]] == {name: float(value) for name, value in given.items()}


def test_the_table_can_be_typed_again(here):
    """Each author's parameters, given to the command, are the same neuron."""
    printed = doya_(f"convert {PASEMANN}")
    assert printed.stderr == ""
    text = re.sub(r"\n +(?=(got a )?map$|0\.5$)", " ", printed.stdout, flags=re.M)  # a long reason
    lines = text.splitlines()[1:]
    pairs = zip(lines[::2], lines[1::2], strict=True)
    rows = {a.split()[0]: [*re.split("  +", a), b.strip()] for a, b in pairs}
    assert list(rows) == ["doya", *AUTHORS]
    assert rows["doya"][1:] == [
        "x' = (1 - epsilon) x + epsilon sigma(w x + b)",
        "w=-100.0 b=10.0 epsilon=0.5",
    ]
    for author in ("pasemann", "aihara"):
        assert rows[author][1] == AUTHORS[author].equation
        again = answer(f"convert {author} {rows[author][2]} --json")["result"]["doya"]
        assert again == {"w": -100.0, "b": 10.0, "dynamics": "map", "epsilon": 0.5}
    assert rows["beer"][2] == "not possible: neuron must be a flow for Beer's neuron, got a map"
    assert list(here.iterdir()) == []


def test_the_authors_and_their_equations_are_the_librarys():
    help_ = doya_("convert --help").stdout
    for name, author in AUTHORS.items():
        assert re.search(rf"^  {name} +{re.escape(author.equation)}$", help_, re.M)
        words = set(re.findall("[a-z]+", author.equation))
        assert set(author.letters) <= words


@pytest.mark.parametrize(
    "words",
    [
        PASEMANN,
        "aihara k=0.7 alpha=0.9 a=-1e-3 epsilon=0.06",
        "beer w=5 theta=1 input=-3.5 tau=2",
        "--w -5 --b 0.3 --dynamics map --epsilon 0.3",
    ],
)
def test_the_command_in_the_data_makes_it_again(here, words):
    assert doya_(f"convert {words} -o a.csv -o a.json -o a.npz --quiet").output == ""
    text = (here / "a.csv").read_text()
    command_line = re.search("^# command: doya (.*)$", text, re.M).group(1)
    assert doya_(f"{command_line} -o -").stdout == text
    parameters = json.loads(re.search("^# parameters: (.*)$", text, re.M).group(1))
    typed = dict(word.split("=") for word in shlex.split(command_line) if "=" in word)
    assert {k: float(v) for k, v in typed.items()} == parameters.get("letters", {})

    rows = list(csv.DictReader(line for line in text.splitlines() if line[0] != "#"))
    result = json.loads((here / "a.json").read_text())["result"]
    for author in ("doya", *AUTHORS):
        found = {r["parameter"]: float(r["value"]) for r in rows if r["author"] == author}
        known = result[author] or {}
        assert found == {k: v for k, v in known.items() if k != "dynamics" and v is not None}
    with np.load(here / "a.npz") as arrays:
        assert arrays["value"].tolist() == [float(row["value"]) for row in rows]
        assert arrays["author"].tolist() == [row["author"] for row in rows]


def test_nothing_is_drawn(here):
    done = doya_("convert -o a.png")
    assert (done.exit_code, done.stdout) == (2, "")
    known = (
        r"'a\.png' has the suffix \.png; use one of \.csv, \.json, .*\.zarr, or - for CSV on .*\."
    )
    assert re.fullmatch(f"Error: .*{known} See doya convert --help\\.\n", done.stderr)
    assert doya_("convert --quiet").output == ""
    assert ".png" not in doya_("convert --help").stdout
    assert list(here.iterdir()) == []


LETTERS = "; pasemann needs gamma=NUMBER theta=NUMBER w=NUMBER"
WRONG = [
    ("pasemann", f"gamma, theta and w are missing{LETTERS}"),
    ("pasemann gamma=0.5 w=1", f"theta is missing{LETTERS}"),
    ("pasemann gamma=0.5 theta=5 w=1 w=2", f"w is given twice{LETTERS}"),
    ("pasemann gamma=0.5 theta=5 k=1", f"pasemann has no letter 'k'{LETTERS}"),
    ("pasemann gamma=0.5 theta=5 w", f"'w' is not of the form NAME=VALUE{LETTERS}"),
    ("pasemann gamma=0.5 theta=5 w=five", f"w: 'five' is not a number{LETTERS}"),
    ("pasemann gamma=0,5 theta=5 w=1", f"gamma: '0,5' is not a number; write 0.5{LETTERS}"),
    ("pasemann gamma=0.5 theta=5 w=1_0", f"w: '1_0' is not a number; write 10{LETTERS}"),
    ("pasemann gamma=0.5 theta=5 w=", f"w: '' is not a number{LETTERS}"),
    ("pasemann gamma=1 theta=5 w=1", f"gamma must be at least 0 .*, got 1.0{LETTERS}"),
    ("pasemann gamma=0.5 theta=5 w=nan", f"w must be finite, .*, got nan{LETTERS}"),
    ("pasemann gamma=0.5 theta=5 w=1e100", f"w / .1 - gamma. must be .*got 2e.100{LETTERS}"),
    ("beer w=1 theta=0 input=0 tau=0", "tau must be .*; beer needs w=NUMBER .* tau=NUMBER"),
    (f"{PASEMANN} --w 5", "pasemann already defines the neuron: remove --w"),
    (f"{PASEMANN} --epsilon 0.5", "pasemann already defines the neuron: remove --epsilon"),
    (f"--dynamics flow {PASEMANN}", "pasemann already defines the neuron: remove --dynamics"),
    ("doya w=5", "'AUTHOR': 'doya' is not one of 'pascanu', .*, 'tanh'"),
    (
        "w=5 b=-2",
        "AUTHOR is missing before 'w=5': write .* pascanu w=5 b=-2; or write --w 5 --b -2",
    ),
    ("--epsilon 0.5", "--epsilon is the step of the map, and the flow has none: .*"),
    ("--json -o -", "--json and -o - both print to standard output: choose one"),
]


@pytest.mark.parametrize(("words", "sentence"), WRONG, ids=[words for words, _ in WRONG])
def test_wrong_usage_is_one_sentence_exit_2_and_nothing_on_disk(here, words, sentence):
    assert refused(f"convert {words}", sentence)


def test_an_author_is_offered_as_soon_as_the_table_lists_it(monkeypatch):
    """A record in the library's table is all that the command needs: choice, help and answer."""
    twin = dataclasses.replace(AUTHORS["pascanu"], name="twin", equation="c' = w sigma(c) + b")
    monkeypatch.setitem(AUTHORS, "twin", twin)
    assert re.search(r"^  twin +c' = w sigma\(c\) \+ b$", doya_("convert --help").stdout, re.M)
    result = answer("convert twin w=5 b=-2.5 --json")["result"]
    assert result["twin"] == {"w": 5.0, "b": -2.5}
    assert "'tanh', 'twin'" in doya_("convert nobody").stderr
