"""Pictures become float planes exactly, and say of themselves what they are."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import OpenImageIO
import pytest

from hdrvid.errors import NotSdr, PlateError
from hdrvid.sources.images import read_image, read_image_facts
from tests.sources.pictures_on_disk import flat, write_indexed_png, write_picture

AP1 = (0.713, 0.293, 0.165, 0.830, 0.128, 0.044, 0.32168, 0.33767)
P3 = (0.680, 0.320, 0.265, 0.690, 0.150, 0.060, 0.3127, 0.3290)


def ramp(count: int, dtype: Any) -> np.ndarray:
    """Return every code from 0 as a `(2, count, 3)` picture, its channels shifted against each other."""
    codes = np.arange(count).astype(dtype)
    return np.repeat(np.stack([codes, np.roll(codes, 1), np.roll(codes, 2)], axis=1)[None], 2, axis=0)


@pytest.mark.parametrize("ending", ["png", "tif", "bmp", "tga"])
def test_every_8_bit_code_is_a_255th_to_the_last_bit(tmp_path: Path, ending: str) -> None:
    picture = ramp(256, np.uint8)

    pixels, alpha = read_image(write_picture(tmp_path / f"a.{ending}", picture))

    np.testing.assert_array_equal(pixels, picture.transpose(2, 0, 1).astype(np.float32) / np.float32(255))
    assert pixels.flags.c_contiguous
    assert alpha is None


@pytest.mark.parametrize("ending", ["png", "tif"])
def test_16_bit_codes_are_65535ths(tmp_path: Path, ending: str) -> None:
    picture = ramp(1000, np.uint16) * 65

    pixels, _ = read_image(write_picture(tmp_path / f"a.{ending}", picture))

    np.testing.assert_array_equal(pixels, picture.transpose(2, 0, 1).astype(np.float32) / np.float32(65535))


def test_10_bit_dpx_codes_are_1023rds(tmp_path: Path) -> None:
    codes = ramp(1024, np.uint16)
    path = write_picture(tmp_path / "a.dpx", codes << 6 | codes >> 4, oiio__BitsPerSample=10)

    pixels, _ = read_image(path)

    np.testing.assert_array_equal(pixels, codes.transpose(2, 0, 1).astype(np.float32) / np.float32(1023))
    assert read_image_facts(path).bit_depth == 10


@pytest.mark.parametrize("dtype", [np.float16, np.float32])
def test_an_exr_keeps_a_ramp_from_0_to_1000_and_what_is_no_number(tmp_path: Path, dtype: Any) -> None:
    values = np.linspace(-1, 1000, 64).astype(dtype)
    values[5], values[6] = np.inf, np.nan
    picture = np.repeat(values[None, :, None], 3, axis=2)

    pixels, _ = read_image(write_picture(tmp_path / "a.exr", picture))

    np.testing.assert_array_equal(pixels[1, 0], values.astype(np.float32))


def test_jpeg_is_read_within_its_own_loss(tmp_path: Path) -> None:
    pixels, _ = read_image(write_picture(tmp_path / "a.jpg", flat(128, (16, 16))))

    np.testing.assert_allclose(pixels, 128 / 255, atol=1 / 255)


@pytest.mark.parametrize("channels", [1, 2])
def test_grey_goes_to_three_channels(tmp_path: Path, channels: int) -> None:
    path = write_picture(tmp_path / "a.png", flat(51, channels=channels), oiio__UnassociatedAlpha=1)

    pixels, alpha = read_image(path)

    assert pixels.shape == (3, 4, 6)
    np.testing.assert_allclose(pixels, 0.2, rtol=1e-6)
    assert (alpha is not None) == (channels == 2)


def test_alpha_is_carried_and_colour_is_not_multiplied_by_it(tmp_path: Path) -> None:
    picture = flat(200, channels=4)
    picture[..., 3] = 51
    path = write_picture(tmp_path / "a.png", picture, oiio__UnassociatedAlpha=1)

    pixels, alpha = read_image(path)

    assert alpha is not None
    np.testing.assert_allclose(alpha, 0.2, rtol=1e-6)
    np.testing.assert_allclose(pixels, 200 / 255, rtol=1e-6)
    assert read_image_facts(path).has_alpha


def test_a_palette_is_looked_up(tmp_path: Path) -> None:
    colours = np.array([[0, 0, 0], [255, 51, 0], [0, 102, 255]], np.uint8)
    indices = np.array([[0, 1, 2], [2, 1, 0]], np.uint8)

    pixels, _ = read_image(write_indexed_png(tmp_path / "a.png", indices, colours))

    np.testing.assert_array_equal(pixels, colours[indices].transpose(2, 0, 1) / np.float32(255))


def test_a_data_window_inside_the_display_window_is_padded_with_black(tmp_path: Path) -> None:
    path = write_picture(tmp_path / "a.exr", flat(2.0, (2, 3), dtype=np.float32), window=(-1, -1, 6, 4))

    pixels, _ = read_image(path)

    expected = np.zeros((4, 6), np.float32)
    expected[1:3, 1:4] = 2
    np.testing.assert_array_equal(pixels, [expected] * 3)
    assert (read_image_facts(path).height, read_image_facts(path).width) == (4, 6)


def test_a_data_window_around_the_display_window_is_cropped(tmp_path: Path) -> None:
    overscan = np.arange(4 * 6, dtype=np.float32).reshape(4, 6)
    path = write_picture(tmp_path / "a.exr", np.repeat(overscan[..., None], 3, 2), window=(1, 1, 4, 2))

    pixels, _ = read_image(path)

    np.testing.assert_array_equal(pixels[0], overscan[1:3, 1:5])


def test_a_data_window_beside_the_display_window_leaves_black(tmp_path: Path) -> None:
    path = write_picture(tmp_path / "a.exr", flat(2.0, (2, 2), dtype=np.float32), window=(10, 10, 3, 3))

    assert not read_image(path)[0].any()


def test_layers_beside_rgb_are_left_alone(tmp_path: Path) -> None:
    picture = np.stack([np.full((2, 2), v, np.float32) for v in (9, 0.1, 8, 0.2, 0.3, 0.5)], axis=2)
    names = ["depth.Z", "R", "mask.A", "G", "B", "A"]

    pixels, alpha = read_image(write_picture(tmp_path / "a.exr", picture, channels=names))

    np.testing.assert_allclose(pixels[:, 0, 0], [0.1, 0.2, 0.3], rtol=1e-6)
    assert alpha is not None
    np.testing.assert_allclose(alpha, 0.5)


def test_a_picture_without_colour_lists_its_channels(tmp_path: Path) -> None:
    path = write_picture(tmp_path / "a.exr", flat(1.0, channels=2, dtype=np.float32), channels=["u", "v"])

    with pytest.raises(PlateError, match=r"has channels u, v, expected R, G and B"):
        read_image(path)


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
@pytest.mark.parametrize("straight", [0, 1], ids=["associated", "unassociated"])
def test_the_codes_of_a_tiff_are_straight_however_it_has_alpha(
    tmp_path: Path, dtype: type, straight: int
) -> None:
    top = np.iinfo(dtype).max
    colour = np.linspace(0.1, 1.0, 6, dtype=np.float32)
    cover = np.array([0.0, 0.25, 0.5, 0.5, 0.75, 1.0], np.float32)
    stored = np.stack([colour if straight else colour * cover] * 3 + [cover], axis=1)[None]
    codes = np.rint(stored * top).astype(dtype)

    path = write_picture(tmp_path / "a.tif", codes, oiio__UnassociatedAlpha=straight)
    pixels, alpha = read_image(path)

    assert alpha is not None
    np.testing.assert_allclose(alpha[0], cover, atol=1 / top)
    np.testing.assert_allclose(pixels[:, 0, 1:], np.stack([colour[1:]] * 3), atol=4 / top)
    np.testing.assert_allclose(pixels[:, 0, 0], colour[0] if straight else 0.0, atol=1 / top)
    assert not read_image_facts(path).is_premultiplied


@pytest.mark.parametrize("name", ["a.exr", "a.tif"])
def test_float_pictures_are_premultiplied_as_stored_and_say_so(tmp_path: Path, name: str) -> None:
    picture = flat(0.5, channels=4, dtype=np.float32)
    picture[..., 3] = 0.25
    path = write_picture(tmp_path / name, picture, channels="RGBA")

    pixels, _ = read_image(path)

    assert np.all(pixels == 0.5)
    assert read_image_facts(path).is_premultiplied


def write_parts(path: Path, *parts: tuple[str, np.ndarray]) -> Path:
    """Write an EXR of several parts, each of these channels."""
    specs = []
    for channels, pixels in parts:
        spec = OpenImageIO.ImageSpec(pixels.shape[1], pixels.shape[0], pixels.shape[2], "float")
        spec.channelnames = tuple(channels)
        spec["oiio:subimagename"] = channels
        specs.append(spec)
    image = OpenImageIO.ImageOutput.create(str(path))
    assert image is not None
    assert image.open(str(path), tuple(specs)), image.geterror()
    for spec, (_, pixels) in zip(specs, parts, strict=True):
        if spec is not specs[0]:
            assert image.open(str(path), spec, "AppendSubimage"), image.geterror()
        assert image.write_image(pixels), image.geterror()
    image.close()
    return path


def test_depth_in_front_of_the_picture_is_not_taken_for_it(tmp_path: Path) -> None:
    depth, picture = flat(9.0, channels=1, dtype=np.float32), flat(0.5, dtype=np.float32)

    pixels, _ = read_image(write_parts(tmp_path / "a.exr", ("Z", depth), ("Y", depth), ("RGB", picture)))

    assert np.all(pixels == 0.5)


def test_depth_alone_is_no_picture(tmp_path: Path) -> None:
    path = write_picture(tmp_path / "a.exr", flat(9.0, channels=1, dtype=np.float32), channels=["Z"])

    with pytest.raises(PlateError, match="has channels Z, expected R, G and B"):
        read_image_facts(path)


def test_luminance_with_small_chroma_is_not_read_as_grey(tmp_path: Path) -> None:
    path = write_picture(
        tmp_path / "a.exr", flat(1.0, channels=3, dtype=np.float32), channels=["BY", "RY", "Y"]
    )

    with pytest.raises(PlateError, match="RY"):
        read_image_facts(path)


@pytest.mark.parametrize(
    ("orientation", "expected"),
    [
        (1, [[0, 1, 2], [3, 4, 5]]),
        (2, [[2, 1, 0], [5, 4, 3]]),
        (3, [[5, 4, 3], [2, 1, 0]]),
        (4, [[3, 4, 5], [0, 1, 2]]),
        (5, [[0, 3], [1, 4], [2, 5]]),
        (6, [[3, 0], [4, 1], [5, 2]]),
        (7, [[5, 2], [4, 1], [3, 0]]),
        (8, [[2, 5], [1, 4], [0, 3]]),
    ],
)
def test_a_photograph_is_turned_as_its_camera_was_held(
    tmp_path: Path, orientation: int, expected: list[list[int]]
) -> None:
    codes = np.repeat(np.arange(6, dtype=np.uint8).reshape(2, 3, 1), 3, axis=2)
    path = write_picture(tmp_path / "a.tif", codes, Orientation=orientation)

    pixels, _ = read_image(path)

    np.testing.assert_array_equal(np.rint(pixels[0] * 255), expected)
    assert (read_image_facts(path).height, read_image_facts(path).width) == np.shape(expected)


INTEGER_COLOURS = [
    pytest.param("a.png", {}, "srgb bt709 tag", id="PNG is sRGB by its habit"),
    pytest.param("a.png", {"oiio__ColorSpace": "g22_rec709_scene"}, "gamma22 bt709 tag", id="PNG's gamma"),
    pytest.param("a.png", {"CICP": (12, 13, 0, 1)}, "srgb p3-d65 tag", id="PNG's code points for P3"),
    pytest.param("a.png", {"CICP": (1, 1, 0, 1)}, "bt709 bt709 tag", id="PNG's code points for BT.709"),
    pytest.param("a.tif", {}, "srgb bt709 assumed", id="TIFF says nothing"),
]
FLOAT_COLOURS = [
    pytest.param("a.exr", {"chromaticities": AP1}, "linear ap1 tag", id="chromaticities of ACEScg"),
    pytest.param("a.exr", {"chromaticities": P3}, "linear p3-d65 tag", id="chromaticities of P3"),
    pytest.param("a.exr", {"colorInteropID": "lin_ap0_scene"}, "linear ap0 tag", id="an interop id"),
    pytest.param("a.exr", {"colorInteropID": "srgb_rec709_scene"}, "srgb bt709 tag", id="an encoded EXR"),
    pytest.param("a.exr", {}, "linear bt709 assumed", id="EXR without primaries"),
    pytest.param("a.hdr", {}, "linear bt709 tag", id="Radiance"),
    pytest.param("a.tif", {}, "linear bt709 assumed", id="a float TIFF"),
]


@pytest.mark.parametrize(("name", "header", "expected"), INTEGER_COLOURS)
def test_colour_of_integer_pictures_is_read_from_the_header(
    tmp_path: Path, name: str, header: dict[str, Any], expected: str
) -> None:
    facts = read_image_facts(write_picture(tmp_path / name, flat(1), **header))

    transfer, primaries = facts.decisions
    assert f"{transfer.value} {primaries.value} {primaries.origin}" == expected
    assert not facts.is_float


@pytest.mark.parametrize(("name", "header", "expected"), FLOAT_COLOURS)
def test_colour_of_float_pictures_is_read_from_the_header(
    tmp_path: Path, name: str, header: dict[str, Any], expected: str
) -> None:
    facts = read_image_facts(write_picture(tmp_path / name, flat(1, dtype=np.float32), **header))

    transfer, primaries = facts.decisions
    assert f"{transfer.value} {primaries.value} {primaries.origin}" == expected
    assert facts.is_float


def test_unknown_chromaticities_are_named(tmp_path: Path) -> None:
    camera = (0.73, 0.28, 0.14, 0.855, 0.1, -0.05, 0.3127, 0.3290)

    facts = read_image_facts(
        write_picture(tmp_path / "a.exr", flat(1.0, dtype=np.float32), chromaticities=camera)
    )

    assert facts.decisions[1].origin == "assumed"
    assert "0.855" in facts.decisions[1].reason


@pytest.mark.parametrize(("transfer", "signal"), [(16, "PQ"), (18, "HLG")])
def test_hdr_pictures_are_refused(tmp_path: Path, transfer: int, signal: str) -> None:
    path = write_picture(tmp_path / "a.png", flat(1), CICP=(9, transfer, 0, 1))

    with pytest.raises(NotSdr, match=signal):
        read_image_facts(path)


@pytest.mark.parametrize(
    ("rate", "expected"),
    [
        pytest.param((25, 1), "01:02:03:22", id="as it is"),
        pytest.param((50, 1), "01:02:03:45", id="the second of a pair"),
        pytest.param((60000, 1001), "01:02:03:45", id="the second of a pair at an NTSC rate"),
    ],
)
def test_timecode_above_30_frames_a_second_is_counted_in_pairs(
    tmp_path: Path, rate: tuple[int, int], expected: str
) -> None:
    path = write_picture(
        tmp_path / "a.exr",
        flat(0.5, dtype=np.float32),
        FramesPerSecond=rate,
        smpte__TimeCode=(0x01020322 | 1 << 15, 0),
    )

    assert read_image_facts(path).timecode == expected


@pytest.mark.parametrize(
    ("rate", "expected"),
    [(24.0, Fraction(24)), (23.976, Fraction(24000, 1001)), (float("inf"), None), (0.0, None)],
)
def test_a_dpx_states_its_rate(tmp_path: Path, rate: float, expected: Fraction | None) -> None:
    path = write_picture(tmp_path / "a.dpx", flat(100), dpx__FrameRate=rate)

    assert read_image_facts(path).rate == expected


def test_rate_timecode_and_pixel_aspect_come_from_an_exr(tmp_path: Path) -> None:
    path = write_picture(
        tmp_path / "a.exr",
        flat(1.0, dtype=np.float32),
        FramesPerSecond=(24000, 1001),
        smpte__TimeCode=(0x01020344, 0),
        PixelAspectRatio=2.0,
    )

    facts = read_image_facts(path)

    assert facts.rate == Fraction(24000, 1001)
    assert facts.timecode == "01:02:03;04"
    assert facts.pixel_aspect == 2


@pytest.mark.parametrize("name", ["a.png", "a.exr", "a.tif"])
def test_what_is_no_picture_is_refused(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    path.write_text("no picture at all")

    with pytest.raises(PlateError, match="cannot be read as a picture"):
        read_image_facts(path)


@pytest.mark.parametrize("name", ["a.exr", "a.png", "a.tif"])
def test_a_picture_that_is_cut_is_refused_when_read(tmp_path: Path, name: str) -> None:
    noise = np.random.default_rng(1).integers(0, 255, (64, 64, 3), dtype=np.uint8)
    pixels = noise if name != "a.exr" else noise.astype(np.float16)
    path = write_picture(tmp_path / name, pixels)
    path.write_bytes(path.read_bytes()[: path.stat().st_size * 2 // 3])

    with pytest.raises(PlateError, match=str(path)):
        read_image(path)


@pytest.mark.parametrize(
    ("harm", "words"),
    [
        pytest.param(lambda content: content[: len(content) // 2], "cut before its end", id="cut"),
        pytest.param(lambda content: content[:60], "cut before its end", id="cut in its head"),
        pytest.param(lambda content: content.replace(b"IDAT", b"IDAU"), "IDAU is wrong", id="a wrong byte"),
    ],
)
def test_a_damaged_png_is_refused_in_one_line(
    tmp_path: Path, capfd: pytest.CaptureFixture[str], harm: Any, words: str
) -> None:
    """A line that libpng itself writes to the terminal would be a second one."""
    path = write_picture(tmp_path / "a.png", ramp(256, np.uint8))
    path.write_bytes(harm(path.read_bytes()))

    with pytest.raises(PlateError, match=words):
        read_image(path)

    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize("place", range(60, 200, 7))
def test_a_header_of_random_bytes_is_refused_or_read(tmp_path: Path, place: int) -> None:
    """OpenImageIO quotes the file in its errors, in whatever encoding; messages stay one short line."""
    path = write_picture(tmp_path / "a.exr", flat(0.5, dtype=np.float32))
    content = bytearray(path.read_bytes())
    content[place : place + 4] = b"\xf7\n\xd8\xae"
    path.write_bytes(content)

    said = ""
    try:
        read_image(path)
        read_image_facts(path)
    except PlateError as error:
        said = str(error)

    assert said.startswith(str(path)) or not said
    assert "\n" not in said
    assert len(said) < len(str(path)) + 320
