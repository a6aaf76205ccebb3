"""The promises of the whole: untouched pixels, untouched values, no network, libraries that agree."""

from __future__ import annotations

import importlib.metadata
import subprocess
import sys
from pathlib import Path

import numpy as np
import OpenEXR
import pytest

import hdrvid
from tests.sample import REAL, SAMPLE, read_exr, rgb_of


@pytest.mark.parametrize(
    ("clip", "frames"),
    [pytest.param(SAMPLE, "1001,1030,1048", id="sample"), pytest.param(REAL, "1001,1031", id="real clip")],
)
@pytest.mark.parametrize("quality", ["draft", "standard"])
def test_where_the_mask_is_zero_the_plate_is_left_bit_for_bit(
    tmp_path: Path, clip: Path, frames: str, quality: str
) -> None:
    hdrvid.expand(clip, tmp_path / "none", model="none", frames=frames, layers="all", quality=quality).wait()
    hdrvid.expand(clip, tmp_path / "net", frames=frames, layers="all", quality=quality).wait()

    for path in sorted((tmp_path / "none").glob("*.exr")):
        plain = rgb_of(path)
        channels, _ = read_exr(tmp_path / "net" / path.name)
        filled = np.stack([channels[name] for name in "RGB"])
        outside = channels["mask.A"] == 0
        assert 0.8 < outside.mean() < 1
        assert np.array_equal(filled[:, outside], plain[:, outside])
        assert (filled >= plain).all()
        assert filled[:, ~outside].mean() > plain[:, ~outside].mean() * 1.005
        assert np.array_equal(np.stack([channels[f"source.{name}"] for name in "RGB"]), plain)


def test_a_ramp_from_0_to_1000_survives_every_stage(tmp_path: Path) -> None:
    ramp = np.concatenate([np.linspace(0, 1, 500), np.geomspace(1, 1000, 524)]).astype(np.float16)
    picture = np.repeat(ramp[None, :, None], 24, axis=0).repeat(3, axis=2)
    picture[..., 1] *= np.float16(0.5)
    header = {"compression": OpenEXR.ZIP_COMPRESSION, "type": OpenEXR.scanlineimage}
    (tmp_path / "in").mkdir()
    OpenEXR.File(header, {"RGB": picture}).write(str(tmp_path / "in" / "ramp.0007.exr"))

    hdrvid.expand(
        tmp_path / "in" / "ramp.####.exr", tmp_path / "out", model="none", input_space="ACEScg", layers="all"
    ).wait()

    channels, _ = read_exr(tmp_path / "out" / "ramp.0007.exr")
    for n, name in enumerate("RGB"):
        assert np.array_equal(channels[name], picture[..., n].astype(np.float32))
        assert np.array_equal(channels[f"source.{name}"], channels[name])


def test_a_ramp_through_another_space_and_back_keeps_its_values(tmp_path: Path) -> None:
    ramp = np.geomspace(1e-3, 1000, 640).astype(np.float32)
    picture = np.repeat(ramp[None, :, None], 16, axis=0).repeat(3, axis=2)
    header = {"compression": OpenEXR.ZIP_COMPRESSION, "type": OpenEXR.scanlineimage}
    OpenEXR.File(header, {"RGB": picture}).write(str(tmp_path / "ramp.0001.exr"))

    there = {"input_space": "ACEScg", "output_space": "lin_rec2020", "full_float": True, "model": "none"}
    back = {**there, "input_space": "lin_rec2020", "output_space": "ACEScg"}
    hdrvid.expand(tmp_path / "ramp.####.exr", tmp_path / "there", **there).wait()
    hdrvid.expand(tmp_path / "there" / "ramp.####.exr", tmp_path / "back", **back).wait()

    assert np.allclose(rgb_of(tmp_path / "back" / "ramp.0001.exr")[0, 0], ramp, rtol=1e-5)


def test_the_main_job_runs_with_sockets_blocked(tmp_path: Path) -> None:
    """Nothing in a run opens a connection: weights and configs come with the package."""
    code = f"""
import sys
def refuse(event, _arguments):
    if event.startswith("socket.") and event != "socket.gethostname":
        raise RuntimeError(event)
sys.addaudithook(refuse)
import hdrvid
print(hdrvid.expand({str(SAMPLE)!r}, {str(tmp_path)!r}, frames="1001", layers="all").wait())
"""

    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stderr
    assert "written=1" in done.stdout


LOADED = """
import re
import av, numpy, OpenEXR, OpenImageIO, PyOpenColorIO, torch
OpenImageIO.ColorConfig("ocio://cg-config-v2.2.0_aces-v1.3_ocio-v2.4")
print("OCIO", PyOpenColorIO.__version__)
print("OpenEXR", OpenEXR.OPENEXR_VERSION)
print("OpenImageIO", OpenImageIO.__version__)
linked = OpenImageIO.get_string_attribute("library_list")
print("OpenEXR_in_OpenImageIO", re.search(r"OpenEXR ([0-9.]+)", linked)[1])
print("FFmpeg", av.ffmpeg_version_info)
print("PyAV", av.__version__)
with open("/proc/self/maps") as maps:
    for path in sorted({line.split()[-1] for line in maps if ".so" in line}):
        print("file", path)
"""


@pytest.mark.skipif(not Path("/proc/self/maps").exists(), reason="what is loaded is read from /proc")
def test_the_libraries_that_are_really_loaded_agree() -> None:
    """Wheels bring copies of each other's libraries: print what runs, and fail where two copies clash.

    OpenImageIO holds OpenEXR and OCIO linked in, under hidden names; that is no clash as long as they are of
    one minor version with ours. Two shared libraries of one name in one process would be.
    """
    done = subprocess.run([sys.executable, "-c", LOADED], capture_output=True, text=True, check=True)
    rows = [line.split(" ", 1) for line in done.stdout.splitlines()]
    versions = {name: value for name, value in rows if name != "file"}
    print(versions)  # noqa: T201 - the report is part of the test

    names = [Path(value).name for name, value in rows if name == "file"]
    for library in ("libOpenColorIO", "libOpenEXR", "libavcodec", "libavutil", "libgomp", "libOpenImageIO."):
        assert len([name for name in names if name.startswith(library)]) <= 1, names
    assert versions["OCIO"] == importlib.metadata.version("opencolorio")
    assert versions["PyAV"] == importlib.metadata.version("av")
    assert versions["OpenEXR"] == importlib.metadata.version("OpenEXR")
    assert minor(versions["OpenEXR"]) == minor(versions["OpenEXR_in_OpenImageIO"])


def minor(version: str) -> list[str]:
    return version.split(".")[:2]
