import json
from pathlib import Path

import numpy as np
import OpenImageIO
import pytest
from numpy.typing import NDArray

from hdrvid.colour import open_config, resolve_path
from hdrvid.frames import FrameRange
from hdrvid.plate import Expanded, Planes
from hdrvid.preview import Look, contact_sheet
from hdrvid.preview.plain import changed, settings_of
from hdrvid.sinks import ExrSettings, ExrSink
from hdrvid.sources import open_plate

CLIP = Path(__file__).parents[1] / "data" / "still_life.mp4"


@pytest.mark.parametrize("start", [pytest.param(1001, id="usual number"), pytest.param(7, id="own number")])
def test_frames_of_rgb_only_give_the_same_sheet_as_frames_with_layers(tmp_path: Path, start: int) -> None:
    plain = _first_frame()
    result = plain.copy()
    result[:, 100:200, 300:400] += 0.5
    mask = np.zeros(plain.shape[1:], np.float32)
    mask[100:200, 300:400] = 1.0
    bare = Expanded(number=start, pixels=result)
    layered = Expanded(number=start, pixels=result, source=plain, mask=mask)

    sheets = [
        _sheet(tmp_path / name, frame, start=start) for name, frame in (("bare", bare), ("layered", layered))
    ]

    # half float rounds the layer, not the decoded plate: that may move a byte by one
    assert np.abs(sheets[0].astype(int) - sheets[1]).max() <= 1


def test_what_half_float_rounds_away_is_not_a_change() -> None:
    source = np.geomspace(1e-7, 6e4, 3 * 50 * 50).astype(np.float32).reshape(3, 50, 50)
    result = source.astype(np.float16).astype(np.float32)

    assert not changed(result, source).any()


def test_a_change_of_one_hundredth_of_a_stop_in_one_channel_is_seen() -> None:
    source = np.full((3, 1, 2), 0.8, np.float32)
    result = source.copy()
    result[2, 0, 1] *= 2**0.01

    assert changed(result, source).tolist() == [[0.0, 1.0]]


@pytest.mark.parametrize("text", ["", "[1]", "{torn"])
def test_a_header_without_settings_tells_nothing(text: str) -> None:
    assert settings_of({"hdrvid/settings": text}) == {}


def _first_frame() -> Planes:
    with open_plate(str(CLIP)) as plate:
        path = resolve_path(open_config(), encoding="bt709", primaries="bt709", output_space="ACEScg")
        return path.apply(next(iter(plate.read(FrameRange.between(1001, 1001)))).pixels)


def _sheet(folder: Path, frame: Expanded, *, start: int) -> NDArray[np.uint8]:
    settings = json.dumps({"start_frame": start, "input_space": None})
    output = ExrSettings(interop_id="lin_ap1_scene", attributes={"hdrvid/settings": settings})
    ExrSink(folder, name="still_life", output=output).write(frame)
    path = contact_sheet(CLIP, folder, folder / "sheet.png", look=Look(cell_width=120))
    return np.asarray(OpenImageIO.ImageBuf(str(path)).get_pixels(OpenImageIO.UINT8))
