from collections.abc import Iterable
from pathlib import Path

import numpy as np
import OpenImageIO
import pytest
from numpy.typing import NDArray

from hdrvid.errors import FrameRangeError, PlateError, PlateNotFound
from hdrvid.frames import FrameRange
from hdrvid.plate import Expanded
from hdrvid.preview import Look, contact_sheet
from hdrvid.preview.contact import choose_frames, find_frames
from hdrvid.preview.layout import GAP, LEFT, MARGIN, TOP
from hdrvid.sinks import ExrSettings, ExrSink

Codes = NDArray[np.uint8]

WIDTH, HEIGHT = 64, 32
SMALL = Look(cell_width=WIDTH)


def test_exposure_is_applied_to_light_before_the_view(tmp_path: Path) -> None:
    folder = _expansion(tmp_path, [1001], source=1.0, result=4.0)

    sheet = _read(contact_sheet("clip.mp4", folder, tmp_path / "sheet.png", look=SMALL))

    # 4.0 is white at -2 stops and 0.25 at -4, which sRGB encodes as 0.537; after the view all would be darker
    assert [_cell(sheet, 0, column) for column in (1, 2, 3)] == [255, 255, 137]


def test_the_source_and_the_mask_stand_at_the_two_ends_of_the_row(tmp_path: Path) -> None:
    folder = _expansion(tmp_path, [1001], source=0.25, result=1.0, mask=0.5)

    sheet = _read(contact_sheet("clip.mp4", folder, tmp_path / "sheet.png", look=SMALL))

    assert (_cell(sheet, 0, 0), _cell(sheet, 0, 4)) == (137, 128)


def test_the_first_the_middle_and_the_last_frame_are_shown(tmp_path: Path) -> None:
    folder = _expansion(tmp_path, range(1001, 1008), brighten=True)

    sheet = _read(contact_sheet("clip.mp4", folder, tmp_path / "sheet.png", look=SMALL))

    shown = [_cell(sheet, row, 1) for row in range(3)]
    alone = [_cell(_read(_sheet_of(folder, tmp_path, n)), 0, 1) for n in ("1001", "1004", "1007")]
    assert shown == alone
    assert shown[0] < shown[1] < shown[2]


def test_the_exposures_are_the_callers_choice(tmp_path: Path) -> None:
    folder = _expansion(tmp_path, [1001], result=0.25)
    look = Look(cell_width=WIDTH, exposures_stops=(2.0,))

    sheet = _read(contact_sheet("clip.mp4", folder, tmp_path / "sheet.png", look=look))

    assert _cell(sheet, 0, 1) == 255
    assert sheet.shape[1] == 2 * MARGIN + LEFT + 3 * WIDTH + 2 * GAP


@pytest.mark.parametrize(
    ("available", "wanted", "chosen"),
    [
        pytest.param("1001-1002", None, (1001, 1002), id="two frames"),
        pytest.param("1001-1010x3", None, (1001, 1007, 1010), id="every third"),
        pytest.param("1001-1010", "1003,1002", (1002, 1003), id="chosen"),
    ],
)
def test_frames_are_shown_in_rising_order_and_once(
    available: str, wanted: str | None, chosen: tuple[int, ...]
) -> None:
    assert choose_frames(FrameRange.parse(available), wanted) == chosen


def test_a_frame_that_was_not_expanded_cannot_be_shown(tmp_path: Path) -> None:
    folder = _expansion(tmp_path, [1001, 1002])

    with pytest.raises(FrameRangeError, match="frames 1003: not in the folder, expected frames of 1001-1002"):
        contact_sheet("clip.mp4", folder, tmp_path / "sheet.png", frames="1002-1003")


def test_half_written_frames_are_not_taken_for_frames(tmp_path: Path) -> None:
    folder = _expansion(tmp_path, [1001])
    (folder / ".clip.1002.exr.host-1.tmp").touch()
    (folder / ".clip.1003.exr").touch()
    (folder / "manifest.jsonl").touch()

    assert find_frames(folder) == {1001: folder / "clip.1001.exr"}


@pytest.mark.parametrize("name", ["empty", "missing"])
def test_a_folder_without_frames_is_a_plain_error(tmp_path: Path, name: str) -> None:
    (tmp_path / "empty").mkdir()

    with pytest.raises(PlateNotFound, match=f"{name}: "):
        contact_sheet("clip.mp4", tmp_path / name, tmp_path / "sheet.png")


def test_two_sequences_in_one_folder_are_not_mixed(tmp_path: Path) -> None:
    folder = _expansion(tmp_path, [1001])
    (folder / "other.1002.exr").touch()

    with pytest.raises(PlateError, match=r"frames of 2 sequences \(clip, other\)"):
        find_frames(folder)


def _expansion(
    tmp_path: Path,
    numbers: Iterable[int],
    *,
    source: float = 0.25,
    result: float = 0.25,
    mask: float = 0.0,
    brighten: bool = False,
) -> Path:
    sink = ExrSink(tmp_path / "exr", name="clip", output=ExrSettings(interop_id="lin_ap1_scene"))
    for number in numbers:
        factor = 1.0 + (number - 1001) / 10 if brighten else 1.0
        sink.write(
            Expanded(
                number=number,
                pixels=np.full((3, HEIGHT, WIDTH), result * factor, np.float32),
                source=np.full((3, HEIGHT, WIDTH), source, np.float32),
                mask=np.full((HEIGHT, WIDTH), mask, np.float32),
            )
        )
    return sink.folder


def _sheet_of(folder: Path, tmp_path: Path, frames: str) -> Path:
    return contact_sheet("clip.mp4", folder, tmp_path / f"{frames}.png", frames=frames, look=SMALL)


def _read(path: Path) -> Codes:
    return np.asarray(OpenImageIO.ImageBuf(str(path)).get_pixels(OpenImageIO.UINT8))


def _cell(sheet: Codes, row: int, column: int) -> int:
    """Return the code of a cell that has one value all over."""
    top = MARGIN + TOP + row * (HEIGHT + GAP)
    left = MARGIN + LEFT + column * (WIDTH + GAP)
    codes = np.unique(sheet[top : top + HEIGHT, left : left + WIDTH])
    assert codes.size == 1
    return int(codes[0])
