from pathlib import Path

import av
import numpy as np
import pytest

from tests.data import make_sample

HERE = Path(__file__).parent


@pytest.mark.parametrize("name", ["still_life.mp4", "bee_excerpt.mp4"])
def test_every_colour_tag_is_in_the_file_and_in_its_frames(name: str) -> None:
    with av.open(str(HERE / name)) as container:
        stream = container.streams.video[0]
        frame = next(container.decode(stream))

    context = stream.codec_context
    assert (context.colorspace, context.color_primaries, context.color_trc, context.color_range) == (
        1,
        1,
        1,
        1,
    )
    assert (frame.colorspace, frame.color_primaries, frame.color_trc, frame.color_range) == (1, 1, 1, 1)


@pytest.mark.parametrize(
    ("name", "count", "rate"), [("still_life.mp4", 48, (24, 1)), ("bee_excerpt.mp4", 31, (30000, 1001))]
)
def test_the_clips_have_the_frames_and_the_rate_that_the_readme_states(
    name: str, count: int, rate: tuple[int, int]
) -> None:
    with av.open(str(HERE / name)) as container:
        stream = container.streams.video[0]
        decoded = sum(1 for _ in container.decode(stream))

        assert stream.average_rate is not None
        assert (stream.average_rate.numerator, stream.average_rate.denominator) == rate
    assert decoded == stream.frames == count


def test_a_frame_keeps_the_light_of_a_picture_that_is_flat() -> None:
    photograph = np.full((846, 1240, 3), 0.5, np.float32)

    frame = make_sample.true_frame(photograph, 1024)

    np.testing.assert_allclose(frame, 0.5 * make_sample.EXPOSURE, rtol=1e-6)


def test_the_camera_is_where_its_window_says_within_a_tenth_of_a_pixel() -> None:
    ramp = np.broadcast_to(np.arange(1240, dtype=np.float32)[None, :, None], (846, 1240, 3))

    centres = [make_sample.true_frame(ramp, n)[270, 480, 0] / make_sample.EXPOSURE for n in (1001, 1002)]

    windows = [make_sample.window_at(n) for n in (1001, 1002)]
    # the middle of column 480 is half a pixel right of the window's middle; sample n covers n to n + 1
    expected = [w.left + w.width * 480.5 / 960 - 0.5 for w in windows]
    np.testing.assert_allclose(centres, expected, rtol=0, atol=0.1)


def test_the_window_never_leaves_the_photograph() -> None:
    for number in range(make_sample.FIRST, make_sample.LAST + 1):
        window = make_sample.window_at(number)

        assert window.left >= 0
        assert window.top >= 0
        assert window.left + window.width <= 1240
        assert window.top + window.height <= 846


def test_light_above_the_clip_point_is_coded_as_white() -> None:
    luma, cb, cr = make_sample.to_planes(np.full((4, 4, 3), 7.0, np.float32))

    assert np.unique(luma).tolist() == [235]
    assert np.unique(cb).tolist() == np.unique(cr).tolist() == [128]


def test_pure_red_has_the_codes_of_the_standard() -> None:
    light = np.zeros((4, 4, 3), np.float32)
    light[..., 0] = 1.0

    planes = make_sample.to_planes(light)

    assert [int(plane[0, 0]) for plane in planes] == [63, 102, 240]


def test_chroma_is_sited_on_the_even_columns() -> None:
    light = np.zeros((2, 8, 3), np.float32)
    light[:, 4] = (1.0, 0.0, 0.0)

    _, _, cr = make_sample.to_planes(light)

    # column 4 gives half of its chroma to the sample that lies on it, and none to its neighbours
    assert cr[0].tolist() == [128, 128, 184, 128]
