"""Run the network's part of a job on one picture: what is timed, and what is judged."""

from __future__ import annotations

import functools
from dataclasses import replace
from pathlib import Path

import numpy as np

from hdrvid.bench.settings import Setting
from hdrvid.colour import open_config, resolve_path
from hdrvid.engine.light import colour_in, network_space
from hdrvid.engine.pipeline import Stage as Stream
from hdrvid.engine.pipeline import batched, in_pool
from hdrvid.engine.plan import open_generator
from hdrvid.engine.start import make_expander
from hdrvid.inference import Expander, choose_machine, set_network_threads, share_threads, to_half
from hdrvid.inference.expander import Predictor
from hdrvid.job import ExpandJob
from hdrvid.plate import Expanded, Frame
from hdrvid.sinks import ExrSettings, ExrSink
from hdrvid.sources import open_plate

PICTURE = Path(__file__).with_name("data") / "bee.jpg"
"""A frame of camera footage, 1280 x 720, of which a twentieth is over-exposed (NOTICE)."""
_PAN = 4  # pixels a frame: the network must not meet the same picture twice


class Stage:
    """Expand a picture in a pan of a few frames, and write them beside it, as a job does.

    What the network alone likes is not what it likes beside busy writers, so both are at work.
    """

    def __init__(self, picture: Path, *, model: str, device: str, frames: int, folder: Path) -> None:
        """Read the picture, or a clip's first frame; what is written lies in `folder` until it is removed."""
        self._model = model
        self._device = device
        self._folder = folder
        with open_plate(str(picture)) as plate:
            info = plate.info
            first = next(iter(plate.read(info.frames)))
        path = resolve_path(
            open_config(), encoding=info.encoding, primaries=info.primaries, output_space="ACEScg"
        )
        light = colour_in(first, path)
        self._space = network_space(path)
        self._frames = tuple(_panned(light, number) for number in range(frames))
        self._generator = functools.cache(self._load)

    def look(self, setting: Setting) -> Expanded:
        """Return the picture as a setting expands it, with its mask."""
        set_network_threads(setting.threads)
        (expanded,) = self._expander(setting, layers="all").expand(self._frames[:1])
        return expanded

    def run(self, setting: Setting) -> None:
        """Expand all frames, and write them in a pool."""
        threads = share_threads(setting.threads)
        set_network_threads(threads.network)
        sink = ExrSink(self._folder, name="bench", output=ExrSettings(), halve=to_half, verify=True)
        expanded = self._expanded(self._expander(setting), setting.batch)
        for _ in in_pool(expanded, sink.write, workers=threads.writers, depth=threads.writers + 1):
            pass

    def _expanded(self, expander: Expander, batch: int) -> Stream[Expanded]:
        for frames in batched((frame for frame in self._frames), batch):
            yield from expander.expand(frames)

    def _expander(self, setting: Setting, layers: str = "rgb") -> Expander:
        return make_expander(
            self._job(setting.precision, layers),
            self._generator(setting.precision),
            machine=choose_machine(self._device, setting.precision),
            space=self._space,
            batch=setting.batch,
        )

    def _load(self, precision: str) -> Predictor | None:
        return open_generator(self._job(precision), choose_machine(self._device, precision))

    def _job(self, precision: str, layers: str = "rgb") -> ExpandJob:
        return ExpandJob(source="picture", out=".", model=self._model, precision=precision, layers=layers)


def _panned(frame: Frame, number: int) -> Frame:
    pixels = np.roll(frame.pixels, number * _PAN, axis=2)
    return replace(frame, number=number, pixels=np.ascontiguousarray(pixels))
