from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import OpenEXR
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from hdrvid.errors import NotFinite, OptionError, ShapeError
from hdrvid.plate import Expanded, Provenance
from hdrvid.sinks import COMPRESSIONS, ExrSettings, checksum_of, read_key
from hdrvid.sinks.exr import to_half
from tests.sinks.pictures import frame, noise, read, rgb, sink

LOSSLESS = [name for name in COMPRESSIONS if name != "dwaa"]
ACESCG = (0.713, 0.293, 0.165, 0.830, 0.128, 0.044, 0.32168, 0.33767)


@pytest.mark.parametrize("compression", LOSSLESS)
def test_another_reader_sees_the_pixels_rounded_to_half_bit_for_bit(compression: str, tmp_path: Path) -> None:
    pixels = noise()

    written = sink(tmp_path, ExrSettings(compression=compression)).write(frame(pixels=pixels))

    spec, _ = read(written.path)
    assert np.array_equal(rgb(written.path), pixels.astype(np.float16).astype(np.float32))
    assert (str(spec.format), spec["compression"]) == ("half", compression)


def test_the_lossy_compression_stays_close(tmp_path: Path) -> None:
    smooth = np.tile(np.linspace(0.1, 4, 64, dtype=np.float32), (3, 48, 1))

    written = sink(tmp_path, ExrSettings(compression="dwaa")).write(frame(pixels=smooth))

    np.testing.assert_allclose(rgb(written.path), smooth, rtol=0.05)
    assert read(written.path)[0]["compression"].startswith("dwaa")


def test_full_float_keeps_every_bit(tmp_path: Path) -> None:
    pixels = noise() * np.float32(1e6)

    written = sink(tmp_path, ExrSettings(full_float=True)).write(frame(pixels=pixels))

    assert np.array_equal(rgb(written.path), pixels)
    assert str(read(written.path)[0].format) == "float"
    assert written.limited == 0


def test_an_unknown_compression_is_refused_with_those_that_exist() -> None:
    with pytest.raises(OptionError, match="compression 'lzw': unknown, expected one of none, zips, zip"):
        ExrSettings(compression="lzw")


@pytest.mark.parametrize(
    ("height", "width"), [(1, 1), (1, 7), (7, 1), (16, 16), (17, 33), (3, 8192), (101, 2)]
)
@pytest.mark.parametrize("compression", ["zip", "piz"])
def test_any_size_is_written_to_its_last_pixel(
    height: int, width: int, compression: str, tmp_path: Path
) -> None:
    pixels = noise(height, width)

    written = sink(tmp_path, ExrSettings(compression=compression)).write(frame(pixels=pixels))

    spec, _ = read(written.path)
    assert (spec.width, spec.height, spec.x, spec.y) == (width, height, 0, 0)
    assert (spec.full_width, spec.full_height) == (width, height)
    assert np.array_equal(rgb(written.path), pixels.astype(np.float16).astype(np.float32))


@pytest.mark.parametrize(
    "view",
    [
        pytest.param(noise(8, 10)[:, :, ::2], id="every second column"),
        pytest.param(noise(8, 10)[:, ::-1], id="upside down"),
        pytest.param(noise(8, 10)[:, 2:5, 3:7], id="a crop"),
        pytest.param(np.random.default_rng(3).random((8, 10, 3), np.float32).transpose(2, 0, 1), id="pixels"),
        pytest.param(np.asfortranarray(noise(8, 10)), id="columns first"),
    ],
)
@pytest.mark.parametrize("full_float", [False, True], ids=["half", "float"])
def test_a_view_of_an_array_is_written_as_it_looks(
    view: np.ndarray, full_float: bool, tmp_path: Path
) -> None:
    written = sink(tmp_path, ExrSettings(full_float=full_float)).write(frame(pixels=view, mask=view[0]))

    np.testing.assert_allclose(rgb(written.path), view, rtol=1e-3)
    np.testing.assert_allclose(read(written.path)[1]["mask.A"], view[0], rtol=1e-3)


def test_layers_are_written_under_their_names_with_their_own_pixels(tmp_path: Path) -> None:
    source, mask = noise(seed=1), noise(seed=2)[0] / 8
    provenance = np.full((9, 13), Provenance.PARTLY_CLIPPED, np.float32)

    written = sink(tmp_path).write(frame(source=source, mask=mask, provenance=provenance))

    _, channels = read(written.path)
    assert set(channels) == {
        "R", "G", "B", "mask.A", "provenance.A", "source.R", "source.G", "source.B",
    }  # fmt: skip
    assert np.array_equal(channels["source.G"], source[1].astype(np.float16))
    assert np.array_equal(channels["mask.A"], mask.astype(np.float16))
    assert np.all(channels["provenance.A"] == 0.5)


def test_without_layers_there_is_red_green_and_blue_only(tmp_path: Path) -> None:
    assert set(read(sink(tmp_path).write(frame()).path)[1]) == {"R", "G", "B"}


def test_alpha_is_carried_unpremultiplied_and_says_so(tmp_path: Path) -> None:
    alpha = np.full((9, 13), 0.25, np.float32)
    pixels = noise()

    written = sink(tmp_path).write(frame(pixels=pixels, alpha=alpha))

    spec, channels = read(written.path)
    assert np.all(channels["A"] == 0.25)
    assert np.array_equal(channels["R"], pixels[0].astype(np.float16))
    assert spec["hdrvid/alpha"] == "unpremultiplied"


def test_colours_that_came_multiplied_by_alpha_say_so(tmp_path: Path) -> None:
    output = ExrSettings(is_premultiplied=True)

    told = sink(tmp_path, output).write(frame(alpha=np.full((9, 13), 0.25, np.float32)))

    assert read(told.path)[0]["hdrvid/alpha"] == "premultiplied"


@pytest.mark.parametrize("layer", ["mask", "alpha", "provenance"])
def test_a_layer_of_another_size_is_refused(layer: str, tmp_path: Path) -> None:
    layers: dict[str, Any] = {layer: np.zeros((9, 12), np.float32)}

    with pytest.raises(ShapeError, match=f"the {layer} is .*Make all layers"):
        sink(tmp_path).write(replace(frame(), **layers))

    assert list(tmp_path.iterdir()) == []


def test_a_source_layer_of_another_size_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ShapeError, match="the source is"):
        sink(tmp_path).write(frame(source=noise(8, 13)))


def test_a_picture_without_pixels_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ShapeError, match="at least one pixel"):
        sink(tmp_path).write(frame(pixels=np.zeros((3, 0, 5), np.float32)))


def test_the_header_says_what_the_sequence_and_the_frame_are(tmp_path: Path) -> None:
    output = ExrSettings(
        rate=Fraction(24000, 1001),
        pixel_aspect=Fraction(16, 11),
        interop_id="lin_ap1_scene",
        chromaticities=ACESCG,
        attributes={"hdrvid/model": "compact", "hdrvid/mix": 0.5, "hdrvid/nothing": None},
    )

    written = sink(tmp_path, output).write(
        frame(), {"hdrvid/key": "k1", "hdrvid/sourceFrame": 7}, timecode="01:02:03:04"
    )

    spec, _ = read(written.path)
    assert spec["framesPerSecond"] == (24000, 1001)
    assert spec["PixelAspectRatio"] == pytest.approx(16 / 11)
    assert spec["colorInteropID"] == "lin_ap1_scene"
    assert spec["chromaticities"] == pytest.approx(ACESCG)
    assert spec["smpte:TimeCode"][0] == 0x01020304  # four bits a digit
    assert (spec["hdrvid/model"], spec["hdrvid/key"]) == ("compact", "k1")
    assert (spec["hdrvid/mix"], spec["hdrvid/sourceFrame"]) == (0.5, 7)
    assert spec.getattribute("hdrvid/nothing") is None


def test_our_colour_metadata_raises_no_warning_of_openexr(tmp_path: Path) -> None:
    output = ExrSettings(interop_id="lin_ap1_scene", chromaticities=ACESCG)

    written = sink(tmp_path, output).write(frame())

    header = OpenEXR.File(str(written.path), header_only=True).header()
    assert int(OpenEXR.checkColorMetadata(header)) == 0


def test_a_frame_of_unknown_colour_and_rate_says_nothing_of_them(tmp_path: Path) -> None:
    spec, _ = read(sink(tmp_path, ExrSettings()).write(frame()).path)

    for name in ("colorInteropID", "chromaticities", "framesPerSecond", "smpte:TimeCode", "hdrvid/alpha"):
        assert spec.getattribute(name) is None


def test_attributes_of_a_frame_win_over_those_of_the_sequence(tmp_path: Path) -> None:
    output = ExrSettings(attributes={"hdrvid/note": "sequence"})

    written = sink(tmp_path, output).write(frame(), {"hdrvid/note": "frame"})

    assert read(written.path)[0]["hdrvid/note"] == "frame"


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        pytest.param(2**31 - 1, 2**31 - 1, id="the largest int of EXR"),
        pytest.param(2**31, "2147483648", id="an int that EXR would wrap"),
        pytest.param(-(2**40), "-1099511627776", id="a large negative int"),
        pytest.param(Fraction(1, 3), (1, 3), id="a fraction"),
        pytest.param("Licht, 光", "Licht, 光", id="text beyond ASCII"),
        pytest.param("x" * 5000, "x" * 5000, id="a long text"),
    ],
)
def test_attributes_keep_their_value(value: int, expected: object, tmp_path: Path) -> None:
    written = sink(tmp_path).write(frame(), {"hdrvid/value": value})

    assert read(written.path)[0]["hdrvid/value"] == expected


def test_one_sink_writes_frames_of_several_sizes_with_their_own_headers(tmp_path: Path) -> None:
    output = sink(tmp_path)

    sizes = [output.write(frame(n, noise(4, n))).path for n in (3, 5)]

    assert [read(path)[0].width for path in sizes] == [3, 5]


@pytest.mark.parametrize(
    ("value", "stored", "limited"),
    [
        (65504.0, 65504.0, 0),
        (65505.0, 65504.0, 1),
        (65519.9, 65504.0, 1),
        (65520.0, 65504.0, 1),
        (3e38, 65504.0, 1),
        (-65504.0, -65504.0, 0),
        (-1e9, -65504.0, 1),
    ],
)
def test_values_beyond_half_are_limited_and_counted(
    value: float, stored: float, limited: int, tmp_path: Path
) -> None:
    pixels = noise()
    pixels[1, 2, 3] = value

    written = sink(tmp_path).write(frame(pixels=pixels))

    assert written.limited == limited
    assert rgb(written.path)[1, 2, 3] == stored


def test_limited_values_are_counted_over_all_channels(tmp_path: Path) -> None:
    bright = np.full((3, 4, 5), 1e6, np.float32)

    assert sink(tmp_path).write(frame(pixels=bright, source=bright)).limited == 2 * 3 * 4 * 5


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("full_float", [False, True], ids=["half", "float"])
def test_a_value_that_is_not_finite_stops_at_its_frame(
    value: float, full_float: bool, tmp_path: Path
) -> None:
    pixels = noise()
    pixels[2, 1, 1] = value

    with pytest.raises(NotFinite, match="frame 1043: channel B has 1 values"):
        sink(tmp_path, ExrSettings(full_float=full_float)).write(frame(1043, pixels))

    assert list(tmp_path.iterdir()) == []


def test_a_mask_that_is_not_finite_is_refused_too(tmp_path: Path) -> None:
    with pytest.raises(NotFinite, match=r"channel mask\.A"):
        sink(tmp_path).write(frame(mask=np.full((9, 13), np.nan, np.float32)))


def test_the_frame_that_is_given_is_not_changed(tmp_path: Path) -> None:
    pixels = np.full((3, 4, 5), 1e6, np.float32)

    sink(tmp_path).write(frame(pixels=pixels))

    assert np.all(pixels == np.float32(1e6))


@pytest.mark.parametrize("compression", COMPRESSIONS)
def test_the_same_frame_gives_the_same_bytes(compression: str, tmp_path: Path) -> None:
    output = ExrSettings(compression=compression, rate=Fraction(25))
    picture = frame(pixels=noise(40, 50))

    first = sink(tmp_path / "a", output).write(picture, {"hdrvid/key": "k"}, timecode="10:00:00:00")
    second = sink(tmp_path / "b", output).write(picture, {"hdrvid/key": "k"}, timecode="10:00:00:00")

    assert first.checksum == second.checksum
    assert first.path.read_bytes() == second.path.read_bytes()


def test_the_order_of_attributes_does_not_change_the_bytes(tmp_path: Path) -> None:
    first = sink(tmp_path / "a").write(frame(), {"hdrvid/a": "1", "hdrvid/b": "2"})
    second = sink(tmp_path / "b").write(frame(), {"hdrvid/b": "2", "hdrvid/a": "1"})

    assert first.checksum == second.checksum


def test_what_was_written_is_told_as_it_lies_on_disk(tmp_path: Path) -> None:
    written = sink(tmp_path).write(frame(1007))

    assert (written.number, written.path) == (1007, tmp_path / "clip.1007.exr")
    assert written.bytes == written.path.stat().st_size
    assert written.checksum == checksum_of(written.path)
    assert len(written.checksum) == 32


def test_another_pixel_gives_another_checksum(tmp_path: Path) -> None:
    pixels = noise()
    first = sink(tmp_path).write(frame(pixels=pixels)).checksum
    pixels[0, 0, 0] += 1

    assert sink(tmp_path).write(frame(pixels=pixels)).checksum != first


@pytest.mark.parametrize(
    ("number", "name"),
    [(1001, "clip.1001.exr"), (0, "clip.0000.exr"), (-5, "clip.-005.exr"), (123456, "clip.123456.exr")],
)
def test_frames_are_named_by_their_number(number: int, name: str, tmp_path: Path) -> None:
    assert sink(tmp_path).write(frame(number)).path.name == name


@pytest.mark.parametrize("name", ["", "a/b", "../clip", "/clip"])
def test_a_name_that_leads_elsewhere_is_refused(name: str, tmp_path: Path) -> None:
    with pytest.raises(OptionError, match="expected one without folders"):
        sink(tmp_path, name=name)


def test_frames_may_be_written_by_several_threads(tmp_path: Path) -> None:
    output = sink(tmp_path)
    frames = [frame(1001 + n, noise(30, 40, seed=n)) for n in range(16)]

    with ThreadPoolExecutor(4) as pool:
        written = list(pool.map(output.write, frames))

    for given_frame, told in zip(frames, written, strict=True):
        assert np.array_equal(rgb(told.path), given_frame.pixels.astype(np.float16))


def test_a_key_is_read_back_from_the_header_alone(tmp_path: Path) -> None:
    path = sink(tmp_path).write(frame(pixels=noise(64, 64)), {"hdrvid/key": "abc"}).path
    path.write_bytes(path.read_bytes()[:1500])  # the pixels are gone

    assert read_key(path) == "abc"


def test_a_frame_of_another_maker_has_no_key(tmp_path: Path) -> None:
    path = tmp_path / "clip.1001.exr"
    OpenEXR.File({}, {"R": np.zeros((4, 4), np.float16)}).write(str(path))

    assert read_key(path) is None


@pytest.mark.parametrize("content", [b"", b"text", b"v/1\x01", b"v/1\x01\x02\x00\x00\x00channels"])
def test_a_file_that_is_no_exr_has_no_key_and_makes_no_noise(
    content: bytes, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "clip.1001.exr"
    path.write_bytes(content)

    assert read_key(path) is None
    assert read_key(tmp_path / "missing.exr") is None
    assert read_key(tmp_path) is None
    assert capfd.readouterr().err == ""


@settings(max_examples=40, deadline=None)
@given(arrays.arrays(np.float16, 12, elements=st.floats(-65504, 65504, width=16)))
def test_half_values_come_back_exactly(values: np.ndarray) -> None:
    half, limited = to_half(values.astype(np.float32))

    assert limited == 0
    assert half.tobytes() == values.tobytes()


@settings(max_examples=25, deadline=None)
@given(arrays.arrays(np.float16, (3, 2, 3), elements=st.floats(-65504, 65504, width=16)))
def test_half_values_survive_the_file_exactly(
    tmp_path_factory: pytest.TempPathFactory, values: np.ndarray
) -> None:
    path = (
        sink(tmp_path_factory.mktemp("half")).write(Expanded(number=1, pixels=values.astype(np.float32))).path
    )

    assert np.array_equal(rgb(path), values.astype(np.float32))


def test_rounding_is_to_the_nearest_and_to_even_between_two() -> None:
    step = 2.0**-10

    half, _ = to_half(np.array([1 + step / 2, 1 + step * 1.5, 1 + step * 0.51], np.float32))

    assert half.tolist() == [1.0, 1 + 2 * step, 1 + step]
