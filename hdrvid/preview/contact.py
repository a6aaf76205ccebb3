"""Make a contact sheet: the source, the result at several exposures, and the mask."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from hdrvid.colour import ColourConfig, DisplayView, open_config, resolve_display
from hdrvid.errors import FrameRangeError, PlateError, PlateNotFound
from hdrvid.frames import FrameRange
from hdrvid.plate import Planes
from hdrvid.preview.layout import lay_out
from hdrvid.preview.pictures import Layers, read_layers, write_png
from hdrvid.preview.plain import changed, plain_source, reopen_plate, settings_of
from hdrvid.preview.shrink import area_average

Floats = NDArray[np.float32]

_WRITTEN = re.compile(r"(?P<name>[^.].*)\.(?P<number>-?\d+)\.exr")


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """Say how a sheet shows light.

    Exposures are in stops, applied to scene-linear light before the view: that is what brings highlights
    back into sight. `display` and `view` are names of the OCIO config; without them it is plain sRGB with no
    tone mapping. `cell_width` is in pixels.
    """

    exposures_stops: tuple[float, ...] = (0.0, -2.0, -4.0)
    cell_width: int = 480
    display: str | None = None
    view: str | None = None


def contact_sheet(
    source: str | Path,
    exr_folder: str | Path,
    out: str | Path,
    *,
    frames: str | None = None,
    ocio_config: str | None = None,
    look: Look | None = None,
) -> Path:
    """Write a PNG with a row for each frame: the SDR source, the result at each exposure, and the mask.

    The source goes through the same view as the result, so that the two can be compared. It and the mask are
    layers of the frames; where these have RGB only, the plate is decoded, and the mask is where the result
    differs from it. Without `frames` (field notation) the sheet shows the first, the middle and the last one;
    without `ocio_config` it uses the config that the frames were written with. Returns `out`. Raises
    `PlateNotFound` for a folder without frames, `FrameRangeError` for frames that are not in it, `PlateError`
    for one that is damaged, `OutputError` where the sheet cannot be written.
    """
    look = look or Look()
    written = find_frames(Path(exr_folder))
    numbers = choose_frames(FrameRange.of(written), frames)
    first = read_layers(written[numbers[0]])
    config = open_config(ocio_config or _config_of(first))
    space = _space_of(first)
    show = resolve_display(config, space, display=look.display, view=look.view)
    with contextlib.ExitStack() as stack:
        complete = _completer(source, first, config, stack)
        rows = {n: frame_cells(complete(n, read_layers(written[n])), show, look) for n in numbers}
    note = f"{written[numbers[0]].name}, {space}, exposed and then shown through {show.display} / {show.view}"
    sheet, labels = lay_out(rows, titles=_titles(look), note=note)
    write_png(sheet, Path(out), labels=labels)
    return Path(out)


def find_frames(folder: Path) -> dict[int, Path]:
    """Return the EXR frames in a folder by their numbers; of several sequences, `PlateError` tells.

    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     for name in ("clip.1002.exr", "clip.1001.exr", "clip.hdrvid.jsonl"):
    ...         Path(folder, name).touch()
    ...     {number: path.name for number, path in find_frames(Path(folder)).items()}
    {1001: 'clip.1001.exr', 1002: 'clip.1002.exr'}
    """
    found = {path: match for path in _files(folder) if (match := _WRITTEN.fullmatch(path.name))}
    if not found:
        message = (
            f"{folder}: has no EXR frames, expected name.1001.exr and so on. Run hdrvid expand into it first."
        )
        raise PlateNotFound(message)
    names = sorted({match["name"] for match in found.values()})
    if len(names) > 1:
        message = (
            f"{folder}: has frames of {len(names)} sequences ({', '.join(names[:3])}), expected one. Expand "
            "each clip into a folder of its own."
        )
        raise PlateError(message)
    return {int(match["number"]): path for path, match in sorted(found.items())}


def _files(folder: Path) -> list[Path]:
    try:
        return list(folder.iterdir())
    except OSError as error:
        message = (
            f"{folder}: cannot be listed ({error.strerror}), expected a folder of EXR frames. Check the path."
        )
        raise PlateNotFound(message) from error


def choose_frames(available: FrameRange, wanted: str | None = None) -> tuple[int, ...]:
    """Return the numbers to show: those that are wanted, else the first, the middle and the last.

    >>> choose_frames(FrameRange.parse("1001-1048")), choose_frames(FrameRange.parse("7"))
    ((1001, 1025, 1048), (7,))
    """
    numbers = list(available)
    if wanted is None:
        return tuple(sorted({numbers[0], numbers[len(numbers) // 2], numbers[-1]}))
    chosen = FrameRange.parse(wanted)
    missing = [number for number in chosen if number not in available]
    if missing:
        message = (
            f"frames {FrameRange.of(missing)}: not in the folder, expected frames of {available}. Choose "
            "among these, or expand them first."
        )
        raise FrameRangeError(message)
    return tuple(chosen)


def frame_cells(layers: Layers, show: DisplayView, look: Look) -> list[Floats]:
    """Return the cells of one row, each `(h, w, 3) float32`, display code values in [0, 1].

    `layers` is complete: it has a source and a mask. Pictures are made smaller in scene-linear light, then
    exposed, then shown; the mask is shown as it is, black to white.

    >>> planes = np.full((3, 9, 16), 0.18, np.float32)
    >>> layers = Layers(result=planes, source=planes, mask=np.zeros((9, 16), np.float32), header={})
    >>> show = resolve_display(open_config("hdrvid"), "lin_rec709")
    >>> cells = frame_cells(layers, show, Look(exposures_stops=(0.0, -4.0), cell_width=8))
    >>> [(cell.shape, round(float(cell.max()), 2)) for cell in cells]
    [((4, 8, 3), 0.46), ((4, 8, 3), 0.46), ((4, 8, 3), 0.11), ((4, 8, 3), 0.0)]
    """
    assert layers.source is not None
    assert layers.mask is not None
    size = _cell_size(layers, look)
    source, result, mask = (
        area_average(planes, height=size[0], width=size[1])
        for planes in (layers.source, layers.result, layers.mask[None])
    )
    exposed = [result * np.float32(2.0**stops) for stops in look.exposures_stops]
    shown = [show(planes) for planes in (source, *exposed)]
    return [_interleaved(planes) for planes in (*shown, np.repeat(mask, 3, axis=0))]


def _cell_size(layers: Layers, look: Look) -> tuple[int, int]:
    _, height, width = layers.result.shape
    aspect = float(layers.header.get("PixelAspectRatio", 1.0))
    return max(1, round(look.cell_width * height / (width * aspect))), look.cell_width


def _interleaved(planes: Planes) -> Floats:
    return np.ascontiguousarray(np.moveaxis(np.clip(planes, 0.0, 1.0), 0, 2))


def _titles(look: Look) -> list[str]:
    exposed = [f"result, {stops:g} stops" for stops in look.exposures_stops]
    return ["source (SDR)", *exposed, "mask"]


def _config_of(layers: Layers) -> str | None:
    """Return the config that a frame names, where the name alone is enough to open it: no studio's file."""
    name = layers.header.get("hdrvid/ocioConfig")
    return name if name is not None and (name == "hdrvid" or name.startswith("ocio://")) else None


def _space_of(layers: Layers) -> str:
    """Return the colour space that a frame's header names; ACEScg, hdrvid's default, where it names none."""
    names = (layers.header.get(key) for key in ("hdrvid/outputSpace", "colorInteropID"))
    return next((str(name) for name in names if name), "ACEScg")


def _completer(
    source: str | Path, first: Layers, config: ColourConfig, stack: contextlib.ExitStack
) -> Callable[[int, Layers], Layers]:
    """Return a function that adds the source and the mask to a frame which lacks them."""
    if first.source is not None and first.mask is not None:
        return lambda _, layers: layers
    settings, space = settings_of(first.header), _space_of(first)
    plate = stack.enter_context(reopen_plate(source, settings))

    def complete(number: int, layers: Layers) -> Layers:
        plain = plain_source(plate, number, config=config, settings=settings, output_space=space)
        mask = changed(layers.result, plain) if layers.mask is None else layers.mask
        return replace(layers, source=plain, mask=mask)

    return complete
