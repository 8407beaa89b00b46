"""What all figures have in common."""

import csv
import pathlib
import re

import matplotlib
import numpy as np
import pytest
from matplotlib.testing.compare import compare_images
from matplotlib.text import Text
from PIL import Image

from doya.figures import FIGURES
from doya_cli import gallery
from drawn import BASELINES, SLIDE, drawn, save, save_bare
from pictures import no_text_is_over_another

RENDERED = pathlib.Path(__file__).parents[1] / "figures"
HEADER = ("version", "command", "parameters", "caption", "source", "departs")
every_figure = pytest.mark.parametrize("figure_name", FIGURES)


def data_of(name):
    """Return the path of the data beside a picture."""
    paths = [RENDERED / f"{name}{suffix}" for suffix in (".csv", ".npz")]
    return next(path for path in paths if path.exists())


def stored(name):
    """The data beside a picture, by name."""
    path = data_of(name)
    if path.suffix == ".csv":
        lines = [line for line in path.read_text("utf-8").splitlines() if line[0] != "#"]
        rows = list(csv.DictReader(lines))
        return {column: np.array([row[column] for row in rows]) for column in rows[0]}
    with np.load(path) as arrays:
        return {name: arrays[name] for name in arrays if name not in HEADER}


@every_figure
def test_a_caption_says_what_is_seen_and_whose_it_is(figure_name):
    """A title of a sentence, a caption that goes on, and a source with its year."""
    recipe = FIGURES[figure_name]
    assert re.fullmatch(r"[A-Z].{15,90}\.", recipe.title)
    assert recipe.caption.startswith(recipe.title)
    assert len(recipe.caption) > len(recipe.title) + 80
    assert re.search(r"\b(19|20)\d\d\b|Wikipedia|THEORY", recipe.source)


@every_figure
def test_a_departure_speaks_of_this_figure_and_not_of_what_its_source_lacks(figure_name):
    """`departs` may not claim what is missing from a source that may be unread."""
    words = r"no such|has no|have no|lacks?|without such|neither source|in no source"
    assert not re.search(rf"\b({words})\b", FIGURES[figure_name].departs, re.I)


@pytest.mark.parametrize(
    ("figure_name", "named", "not_named"),
    [
        ("latching", ["a threshold h* exists", "closed form of h* and the figure are ours"], []),
        ("memory", ['Wikipedia, "Vanishing gradient problem"', "b = -2.5"], ["Pascanu"]),
        ("remedies", ["H. Jaeger", "(2007), leaky integrator"], []),
        ("chaos", ["K. Aihara", "the constant a", "f(y(t)) + a "], [" A "]),
    ],
)
def test_what_a_source_is_credited_with(figure_name, named, not_named):
    """Credits as in Bengio et al. (1994), Wikipedia, Jaeger et al. (2007), Aihara et al. (1990)."""
    recipe = FIGURES[figure_name]
    text = " ".join([recipe.source, recipe.departs, recipe.caption])
    assert all(words in text for words in named)
    assert not any(words in text for words in not_named)


@pytest.mark.parametrize("figure_name", ["bifurcation", "cusp", "latching", "memory", "ghost"])
def test_a_fold_is_explained_where_it_is_shown(figure_name):
    """A caption with folds says what happens there; so it does for the flips of the cusp figure."""
    caption = FIGURES[figure_name].caption
    assert re.search(r"two (equilibria|fixed points) meet and vanish", caption)
    if figure_name == "cusp":
        assert "flips (PD, period doublings)" in caption
        assert "the multiplier w σ′ of the fixed point is -1" in caption


# The parameters that stay constant in a picture, as they are written in it.
SETTINGS = {
    "error-surface": ["ε = 1", "a(0) = 0.5", "T = 50"],
    "loss-wall": ["w = 5", "x(0) = 0.5", "wall b = \N{MINUS SIGN}2.5"],
    "bifurcation": ["w = 5", "b₁", "b₂"],
    "sensitivity": ["w = 5", "x(0) = 0.5", "T = 50"],
    "memory": ["w = 5", "b = \N{MINUS SIGN}2.5", "x(0) = 0.145"],
    "gradient-explosion": ["w = 5", "x(0) = 0.5", "wall at b = \N{MINUS SIGN}2.5"],
    "chaos": ["k = 0.7", "α = 1", "ε = 0.02"],
    "lyapunov-map": ["ε = 0.5", "x(0) = 0.3", "T = 2000 steps"],
    "hysteresis": ["w = 5", "b₁", "b₂"],
    "cobweb": ["w = 8", "b = \N{MINUS SIGN}4", "ε = 0.5", "w = 2", "h* = 0.533"],
    "composition": ["w = \N{MINUS SIGN}80", "b = 10", "ε = 0.5"],
    "curvature": ["w = 5", "x(0) = 0.5", "target 0.855"],
    "teacher-forcing": ["w = 5", "ε = 1", "x(0) = 0.5", "T = 50", "α = 0.2"],
    "set-time": ["w = 1.25", "h* = 0.0778"],
    "chaos-gradient": ["k = 0.7", "α = 1", "ε = 0.02"],
    "firing-rate": ["k = 0.7", "α = 1", "ε = 0.02", "ε = 0.001"],
    "population": ["w = 5", "θ = 2.8", "a = 1.2", "I = 0.5"],
    "tree-depth": ["w = 1", "b = 0", "x(0) = 0.5", "50 units"],
    "latch-task": ["20 sequences", "32 seeds"],
    "initialisation": ["ε = 1", "200 steps"],
}


@pytest.mark.parametrize("figure_name", SETTINGS)
def test_a_picture_names_the_parameters_that_stay_constant(figure_name):
    figure, _ = drawn(figure_name)
    words = "\n".join(text.get_text() for text in figure.findobj(Text))
    assert [each for each in SETTINGS[figure_name] if each not in words] == []


@every_figure
def test_a_figure_speaks_to_students(figure_name):
    """No units in the last place; λ is an eigenvalue, and never a Lyapunov exponent."""
    figure, data = drawn(figure_name)
    names = [*data, *np.unique(data["curve"])] if "curve" in data else [*data]
    words = [text.get_text() for text in figure.findobj(Text)] + [FIGURES[figure_name].caption]
    assert not re.search(r"\bulps?\b", " ".join([*words, *names]))
    for text in words:
        assert "λ" not in text or "eigenvalue" in text
        assert not re.search(r"Lyapunov exponents? λ|λ (per step|above|below)", text)


@pytest.mark.each_third
@every_figure
def test_no_text_is_over_another(figure_name):
    """Nor beyond the page: on the figure's own, and on a slide."""
    figure, _ = drawn(figure_name)
    no_text_is_over_another(figure)
    slide, _ = drawn(figure_name, **SLIDE)
    no_text_is_over_another(slide)


@pytest.mark.parametrize("figure_name", ["sensitivity", "loss-wall", "gradient-explosion", "chaos"])
def test_panels_below_one_another_can_be_read_on_a_flat_page(figure_name):
    """85 x 60 mm, where a panel is less high than a label is long."""
    figure, _ = drawn(figure_name, size=(85.0 / 25.4, 60.0 / 25.4))
    no_text_is_over_another(figure)


@every_figure
def test_nothing_but_text_has_moved(figure_name, tmp_path):
    """The picture without its text, against a baseline."""
    baseline = BASELINES / f"{figure_name}.png"
    with Image.open(baseline) as image:
        made_with = re.search(r"version(\d+)\.(\d+)", image.info["Software"])
    if tuple(map(int, made_with.groups())) > matplotlib.__version_info__[:2]:
        pytest.skip("an older matplotlib renders ticks and images in another way")
    save_bare(figure_name, tmp_path / "now.png")
    assert compare_images(str(baseline), str(tmp_path / "now.png"), tol=0.5) is None


@pytest.mark.each_third
@every_figure
def test_the_picture_in_the_repository_is_the_one_that_is_made(figure_name, tmp_path):
    """And so are its data; mend a stale one with `doya figures`."""
    _, data = drawn(figure_name)
    rendered = stored(figure_name)
    assert list(rendered) == list(data)
    for name, column in data.items():
        known, now = rendered[name], np.asarray(column)
        if now.dtype.kind == "U":
            np.testing.assert_array_equal(known, now, err_msg=name)
        elif now.dtype.kind == "b":
            np.testing.assert_array_equal(known == "true", now, err_msg=name)
        else:
            np.testing.assert_allclose(known.astype(float), now, rtol=1e-6, atol=1e-9, err_msg=name)
    picture = RENDERED / f"{figure_name}.png"
    with Image.open(picture) as image:
        made_with = image.info["Software"]
    if made_with.endswith(f"matplotlib {matplotlib.__version__}"):  # text looks alike
        save(figure_name, tmp_path / "now.png")
        assert compare_images(str(picture), str(tmp_path / "now.png"), tol=0.5) is None


@every_figure
def test_the_data_have_the_names_of_the_commands(figure_name):
    """Words with underscores, which every program takes as a name; T is t_end, E the loss."""
    names = {*stored(figure_name)}
    assert not [name for name in names if not name.isidentifier()]
    assert not names & {"T", "E", "gradient", "log10"}


def test_the_folder_of_pictures_holds_these_and_no_others():
    """Besides the page of the pictures and the photograph of the explorer."""
    others = {"README.md", "explorer.png"}
    assert {path.stem for path in RENDERED.iterdir() if path.name not in others} == set(FIGURES)
    assert {path.stem for path in BASELINES.iterdir()} == set(FIGURES)


def test_the_page_of_the_pictures_is_the_one_that_is_made():
    """Mend a stale one with `doya figures`."""
    files = {name: [f"{name}.png", data_of(name).name] for name in FIGURES}
    text = (RENDERED / "README.md").read_text("utf-8")
    assert text == gallery.page([*FIGURES.values()], files)
