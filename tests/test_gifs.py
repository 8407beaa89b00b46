"""GIF files of animations: colours, times, size, and equal bytes."""

import matplotlib
import numpy as np
import pytest
from matplotlib.figure import Figure
from PIL import Image

import doya
from doya import animations, plots


def memory(figure, frames):
    """Two starts under a pulse, which moves both to the upper attractor."""
    pulse = doya.Pulses([(5.0, 8.0, 0.5)])
    result = doya.simulate(doya.NeuronODE(), np.array([0.4, 0.6]), 50.0, pulse)
    return animations.animate_trajectory(result, figure, frames=frames)


def page():
    with matplotlib.rc_context(fname=plots.STYLE):
        return Figure(figsize=(6.4, 4.267), dpi=50)


def opened(content, tmp_path):
    path = tmp_path / "a.gif"
    path.write_bytes(content)
    with Image.open(path) as picture:
        shown = []
        for k in range(picture.n_frames):
            picture.seek(k)
            shown.append((np.asarray(picture.convert("RGB")), picture.info["duration"]))
        return shown, picture.info


def test_a_gif_loops_rests_on_its_last_frame_and_keeps_the_common_colours(tmp_path):
    """One frame each of the animation, 50 ms long, the last 2 s; the same bytes each time."""
    animation = memory(page(), frames=6)
    seen = []
    content = animations.gif(animation, comment="doya simulate", progress=seen.append)
    assert seen == pytest.approx([k / 6 for k in range(1, 7)])
    assert content == animations.gif(animation, comment="doya simulate")
    again = memory(page(), frames=6)
    assert content == animations.gif(again, comment="doya simulate")
    shown, info = opened(content, tmp_path)
    assert [duration for _, duration in shown] == [50] * 5 + [2000]
    assert info["loop"] == 0
    assert info["comment"] == b"doya simulate"
    for (image, _), exact in zip(shown, animation.images(), strict=True):
        assert image[0, 0].tolist() == [255, 255, 255]
        assert np.abs(image.astype(int) - exact).max() <= 40
        assert np.mean(np.any(image != exact, axis=-1)) < 0.05


@pytest.mark.long
def test_a_gif_leaves_out_frames_until_it_is_small_enough(tmp_path):
    """The first and the last frame stay, and the animation takes as long as before."""
    animation = memory(page(), frames=9)
    whole = animations.gif(animation)
    less = animations.gif(animation, most_bytes=0.8 * len(whole))
    assert len(less) <= 0.8 * len(whole)
    full, few = (opened(content, tmp_path)[0] for content in (whole, less))
    assert len(few) < len(full)
    np.testing.assert_array_equal(few[0][0], full[0][0])
    np.testing.assert_array_equal(few[-1][0], full[-1][0])
    assert sum(time for _, time in few[:-1]) == sum(time for _, time in full[:-1])
    assert len(opened(animations.gif(animation, most_bytes=1.0), tmp_path)[0]) == 2
    with pytest.raises(doya.ArgumentError, match="must be an Animation"):
        animations.gif([1])
