from __future__ import annotations

import importlib.util
import itertools
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import numpy as np
import OpenImageIO as oiio  # noqa: N813 - the name that the library goes by
import PyOpenColorIO as ocio  # noqa: N813 - the name that the library goes by
import pytest

from hdrvid.colour import PRIMARIES, open_config, resolve_path
from hdrvid.plate import ENCODINGS, Planes

ROOT = Path(__file__).resolve().parents[2]
SCRIPT = ROOT / "ocio" / "make_config.py"
FILE = ROOT / "hdrvid" / "colour" / "data" / "hdrvid.ocio"
STUDIO_NAME = "studio-config-v2.2.0_aces-v1.3_ocio-v2.4"

OWN = ocio.Config.CreateFromFile(str(FILE))
STUDIO = ocio.Config.CreateFromBuiltinConfig(STUDIO_NAME)
ALL = (ocio.SEARCH_REFERENCE_SPACE_ALL, ocio.COLORSPACE_ALL)
NAMES = list(OWN.getColorSpaceNames(*ALL))
SHARED = [name for name in NAMES if STUDIO.getColorSpace(name) is not None]
SOURCES = [space.getName() for space in OWN.getColorSpaces() if space.getFamily() == "Source"]


def _tool(name: str) -> str:
    return str(Path(sys.executable).with_name(name))


def _script() -> ModuleType:
    spec = importlib.util.spec_from_file_location("make_config", SCRIPT)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["make_config"] = module
    spec.loader.exec_module(module)
    return module


def _ramp() -> Planes:
    """Return `(3, 1, 141)` values from -0.2 to 1.2, another in each channel."""
    ramp = np.linspace(-0.2, 1.2, 141, dtype=np.float32)
    return np.stack([ramp, ramp[::-1], np.roll(ramp, 50)])[:, np.newaxis].copy()


def _convert(config: ocio.Config, source: str, target: str) -> Planes:
    planes = _ramp()
    processor = config.getProcessor(source, target).getDefaultCPUProcessor()
    processor.apply(ocio.PlanarImageDesc(planes[0], planes[1], planes[2], planes.shape[2], 1))
    return planes


def _planes_of(picture: oiio.ImageBuf) -> Planes:
    pixels = picture.get_pixels(oiio.FLOAT)
    assert pixels is not None, picture.geterror()
    return np.ascontiguousarray(pixels.transpose(2, 0, 1), np.float32)


def test_the_file_is_what_the_script_writes() -> None:
    assert FILE.read_text(encoding="utf-8") == _script().config_text()


def test_the_script_tells_that_the_file_is_current() -> None:
    check = subprocess.run(
        [sys.executable, str(SCRIPT), "--check"], capture_output=True, text=True, check=False
    )

    assert check.returncode == 0
    assert "current" in check.stdout


def test_ociocheck_passes_without_a_warning() -> None:
    check = subprocess.run(
        [_tool("ociocheck"), "--iconfig", str(FILE)], capture_output=True, text=True, check=False
    )

    assert check.returncode == 0, check.stdout + check.stderr
    assert "Validation: passed" in check.stdout
    assert "WARNING" not in (check.stdout + check.stderr).upper()


def test_the_config_refers_to_no_other_file() -> None:
    assert "FileTransform" not in FILE.read_text(encoding="utf-8")
    assert OWN.getSearchPath() == ""


def test_every_source_that_the_tool_accepts_has_a_space() -> None:
    config = open_config("hdrvid")
    video = [primaries for primaries in PRIMARIES if primaries not in ("ap0", "ap1")]

    for encoding, primaries in itertools.product(ENCODINGS, video):
        path = resolve_path(config, encoding=encoding, primaries=primaries, output_space="ACEScg")
        assert path.config is config
        assert path.display_warnings == ()


@pytest.mark.parametrize("name", SHARED)
def test_spaces_that_the_studio_config_has_carry_its_name_and_all_its_aliases(name: str) -> None:
    ours, theirs = OWN.getColorSpace(name), STUDIO.getColorSpace(name)

    assert theirs.getName() == name
    assert set(theirs.getAliases()) <= set(ours.getAliases())
    assert ours.getEncoding() == theirs.getEncoding()


def test_the_spaces_that_matter_are_shared_with_the_studio_config() -> None:
    assert {
        "ACEScg",
        "ACES2065-1",
        "Linear Rec.709 (sRGB)",
        "Linear Rec.2020",
        "Camera Rec.709",
        "sRGB Encoded Rec.709 (sRGB)",
        "Gamma 2.2 Encoded Rec.709",
        "Gamma 2.4 Encoded Rec.709",
    } <= set(SHARED)


@pytest.mark.parametrize("name", [name for name in SHARED if not STUDIO.getColorSpace(name).isData()])
def test_transforms_equal_those_of_the_studio_config_below_0_and_above_1(name: str) -> None:
    to_ours, to_theirs = _convert(OWN, name, "ACEScg"), _convert(STUDIO, name, "ACEScg")
    from_ours, from_theirs = _convert(OWN, "ACEScg", name), _convert(STUDIO, "ACEScg", name)

    np.testing.assert_allclose(to_ours, to_theirs, rtol=1e-5, atol=1e-5)
    np.testing.assert_allclose(from_ours, from_theirs, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("name", SOURCES)
def test_every_source_goes_to_light_and_back(name: str) -> None:
    there = OWN.getProcessor(name, "ACEScg").getDefaultCPUProcessor()
    back = OWN.getProcessor("ACEScg", name).getDefaultCPUProcessor()

    for code in (-0.05, 0.0, 0.02, 0.5, 1.0, 1.09):
        found = back.applyRGB(there.applyRGB([code] * 3))
        np.testing.assert_allclose(found, [code] * 3, atol=2e-4)


@pytest.mark.parametrize("primaries", ["rec709", "rec601_525", "rec601_625", "rec2020", "p3d65", "p3dci"])
@pytest.mark.parametrize("index", [0, 1, 2], ids=["red", "green", "blue"])
def test_primaries_lie_where_their_standard_puts_them(primaries: str, index: int) -> None:
    """Their light, through XYZ adapted back from the white of ACES, has the published chromaticity."""
    script = _script()
    known = {entry.alias: entry for entry in script.PRIMARIES}[primaries]
    xy = np.array(known.xy.split(), float).reshape(4, 2)
    light = np.eye(3)[index].tolist()

    ap0 = OWN.getProcessor(f"lin_{primaries}", "lin_ap0").getDefaultCPUProcessor().applyRGB(light)
    white = np.array([xy[3, 0] / xy[3, 1], 1, (1 - xy[3].sum()) / xy[3, 1]])
    xyz = _bradford(np.array([0.32168 / 0.33767, 1, 0.34065 / 0.33767]), white) @ _ap0_to_xyz() @ ap0

    np.testing.assert_allclose(xyz[:2] / xyz.sum(), xy[index], atol=1e-4)


def _ap0_to_xyz() -> np.ndarray:
    published = "0.9525523959 0 0.0000936786 0.3439664498 0.7281660966 -0.0721325464 0 0 1.0088251844"
    return np.array(published.split(), float).reshape(3, 3)


def _bradford(white: np.ndarray, target: np.ndarray) -> np.ndarray:
    cones = np.array([[0.8951, 0.2664, -0.1614], [-0.7502, 1.7135, 0.0367], [0.0389, -0.0685, 1.0296]])
    result: np.ndarray = np.linalg.inv(cones) @ np.diag((cones @ target) / (cones @ white)) @ cones
    return result


def test_the_camera_curve_of_rec2020_is_that_of_rec709() -> None:
    np.testing.assert_allclose(
        _convert(OWN, "camera_rec2020", "lin_rec2020"),
        _convert(OWN, "camera_rec709", "lin_rec709"),
        atol=1e-5,
    )


@pytest.mark.parametrize("display", ["sRGB - Display", "Rec.1886 Rec.709 - Display"])
def test_the_views_for_contact_sheets_are_those_of_the_studio_config(display: str) -> None:
    ours = OWN.getProcessor("ACEScg", display, "Un-tone-mapped", ocio.TRANSFORM_DIR_FORWARD)
    theirs = STUDIO.getProcessor("ACEScg", display, "Un-tone-mapped", ocio.TRANSFORM_DIR_FORWARD)

    for light in (0.0, 0.18, 1.0, 4.0):
        np.testing.assert_allclose(
            ours.getDefaultCPUProcessor().applyRGB([light, light / 2, light / 4]),
            theirs.getDefaultCPUProcessor().applyRGB([light, light / 2, light / 4]),
            atol=1e-5,
        )


@pytest.mark.parametrize(
    ("path", "space"),
    [
        ("exr/clip.1001.exr", "ACEScg"),
        ("clip.mp4", "Camera Rec.709"),
        ("clip.mxf", "Camera Rec.709"),
        ("photo.png", "sRGB Encoded Rec.709 (sRGB)"),
    ],
)
def test_file_rules_read_our_frames_as_what_they_are(path: str, space: str) -> None:
    name, _ = OWN.getColorSpaceFromFilepath(path)

    assert OWN.getColorSpace(name).getName() == space


@pytest.mark.parametrize("config", ["hdrvid", f"ocio://{STUDIO_NAME}"])
@pytest.mark.parametrize(
    "source", ["camera_rec709", "srgb_tx", "g22_rec709_tx", "g24_rec709_tx", "lin_rec2020"]
)
@pytest.mark.parametrize("target", ["ACEScg", "lin_rec709"])
def test_our_colours_agree_with_openimageio(config: str, source: str, target: str) -> None:
    path = resolve_path(
        open_config(config), encoding="", primaries="", input_space=source, output_space=target
    )
    picture = oiio.ImageBuf(np.ascontiguousarray(_ramp().transpose(1, 2, 0)))

    shown = oiio.ImageBufAlgo.colorconvert(
        picture, source, target, colorconfig=str(FILE) if config == "hdrvid" else config
    )

    assert not shown.has_error, shown.geterror()
    expected = _planes_of(shown)
    np.testing.assert_allclose(path.apply(_ramp()), expected, rtol=5e-5, atol=2e-6)


def test_an_8_bit_picture_agrees_with_oiiotool(tmp_path: Path) -> None:
    codes = np.random.default_rng(0).integers(0, 256, (24, 40, 3), np.uint8)
    picture = oiio.ImageBuf(codes)
    picture.write(str(tmp_path / "codes.png"))
    command = [_tool("oiiotool"), "--colorconfig", str(FILE), str(tmp_path / "codes.png"), "-d", "float"]
    command += ["--colorconvert", "srgb_tx", "ACEScg", "-o", str(tmp_path / "light.tif")]
    subprocess.run(command, check=True, capture_output=True)

    path = resolve_path(open_config("hdrvid"), encoding="srgb", primaries="bt709", output_space="ACEScg")
    planes = np.ascontiguousarray(codes.transpose(2, 0, 1), np.float32)
    planes /= 255

    expected = _planes_of(oiio.ImageBuf(str(tmp_path / "light.tif")))
    np.testing.assert_allclose(path.apply(planes), expected, rtol=5e-5, atol=2e-6)
