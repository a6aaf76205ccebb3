"""What a run leaves behind: settings and versions, a log of numbers, TensorBoard's scalars and strips."""

from __future__ import annotations

import contextlib
import json
import logging
import platform
import time
from collections.abc import Iterable, Iterator
from dataclasses import asdict
from typing import Any

import numpy as np
import numpy.typing as npt
import torch

from hdrvid.model.generator import Generator
from hdrvid.model.mask import apply_stops
from hdrvid.scenes.camera import Settings, exposure, photograph
from hdrvid.scenes.curves import encode
from hdrvid.scenes.panorama import Pixels
from hdrvid.training.bank import Bank
from hdrvid.training.config import TrainConfig
from hdrvid.training.judges import tensor_of
from hdrvid.training.run import Run, measured
from hdrvid.training.samples import Sample
from hdrvid.version import __version__

log = logging.getLogger(__name__)

STRIP_STOPS = (0.0, -2.0, -4.0)
"""Exposures of a strip: highlights come into view from left to right."""
STRIPS = 4
"""Held-out views that are shown."""


def write_settings(config: TrainConfig) -> None:
    """Write the resolved configuration and the versions to `config.json` of the run.

    >>> import tempfile
    >>> from pathlib import Path
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     write_settings(TrainConfig(seed=3, out=Path(folder)))
    ...     written = json.loads(Path(folder, "config.json").read_text())
    >>> written["seed"], written["optimiser"]["batch"], sorted(written["versions"])
    (3, 8, ['hdrvid', 'numpy', 'python', 'torch'])
    """
    config.out.mkdir(parents=True, exist_ok=True)
    versions = {"hdrvid": __version__, "torch": torch.__version__, "numpy": np.__version__,
                "python": platform.python_version()}  # fmt: skip
    content = {**asdict(config), "versions": versions}
    (config.out / "config.json").write_text(json.dumps(content, default=str, indent=1))


def log_samples(config: TrainConfig, rank: int, drawn: Iterable[tuple[int, Sample]]) -> None:
    """Append what was drawn for each sample to `samples.RANK.jsonl`: its number, view, camera and effects.

    Of the camera what is not at its default. After a crash the numbers of lost steps come twice, alike.
    """
    if not config.log_samples:
        return
    plain = asdict(Settings())
    with (config.out / f"samples.{rank}.jsonl").open("a") as file:
        for number, sample in drawn:
            group, view, settings = sample.record
            camera = {name: value for name, value in asdict(settings).items() if value != plain[name]}
            line = {"n": number, "group": group, "view": view, "shoulder": sample.shoulder, **sample.effects}
            file.write(json.dumps({**line, "camera": camera}) + "\n")


class Journal:
    """Writes lines of `log.jsonl`, and the same to TensorBoard where it is installed."""

    def __init__(self, config: TrainConfig, board: Any) -> None:  # noqa: ANN401 - torch's writer has no types
        """Take the run's configuration and TensorBoard's writer, or None."""
        self._file = config.out / "log.jsonl"
        self._board = board

    def write(self, run: Run, dev: dict[str, float] | None = None) -> dict[str, Any]:
        """Append a line: where the run is, mean losses since the last line, scores; and return it."""
        names = sorted({name for terms in run.losses for name in terms})
        means = {
            name: float(np.mean([terms[name] for terms in run.losses if name in terms])) for name in names
        }
        run.losses.clear()
        line = {"time": round(time.time()), "images": run.images, "steps": run.steps,
                "progress": round(run.progress, 5), "loss": means.pop("loss", None),
                **({"terms": means} if means else {}), **({"dev": dev} if dev else {})}  # fmt: skip
        with self._file.open("a") as file:
            file.write(json.dumps(line) + "\n")
        log.info("%s", json.dumps(line))
        self._scalars(line, run)
        return line

    def _scalars(self, line: dict[str, Any], run: Run) -> None:
        if self._board is None:
            return
        rate = run.optimiser.param_groups[0]["lr"]
        scalars = {"loss": line["loss"], "rate": rate, **line.get("terms", {})}
        for name, value in {**scalars, **{f"dev/{k}": v for k, v in line.get("dev", {}).items()}}.items():
            if value is not None:
                self._board.add_scalar(name, value, run.images)

    def show(self, run: Run, bank: Bank) -> None:
        """Add strips of held-out views: what the networks make of a picture, at 0, -2 and -4 stops."""
        if self._board is None or run.generator.C is None:
            return
        for group in bank.names("dev")[:STRIPS]:
            self._board.add_image(
                group, view_strip(measured(run), bank.view(group, 0)), run.images, dataformats="HWC"
            )


@contextlib.contextmanager
def open_journal(config: TrainConfig, *, first: bool, images: int) -> Iterator[Journal | None]:
    """Open the journal of a run's first process; None for the others. `images` is where it goes on.

    >>> with open_journal(TrainConfig(), first=False, images=0) as journal:  # of any process but the first
    ...     print(journal)
    None
    """
    if not first:
        yield None
        return
    board = _board(config, images)
    try:
        yield Journal(config, board)
    finally:
        if board is not None:
            board.close()


def _board(config: TrainConfig, images: int) -> Any:  # noqa: ANN401 - torch's writer has no types
    try:
        from torch.utils.tensorboard import SummaryWriter
    except ImportError:
        log.warning("tensorboard: not installed, log.jsonl only. pip install 'hdrvid[training]' adds it.")
        return None
    return SummaryWriter(str(config.out / "board"), purge_step=images)


def view_strip(generator: Generator, view: Pixels) -> npt.NDArray[np.uint8]:
    """Photograph a view with 8 % clipped, expand it, and return the strip of source, result and truth."""
    settings = Settings(clipped_share=0.08)
    photo = photograph(view, settings, scale=exposure(view, settings), rng=np.random.default_rng(0))
    source = tensor_of(photo.source)
    with torch.inference_mode():
        fill = generator.eval().fill(source)
        filled = apply_stops(source, fill.mask, fill.stops)[0].permute(1, 2, 0).numpy()
    return strip([photo.source, filled, photo.truth])


def strip(pictures: list[Pixels]) -> npt.NDArray[np.uint8]:
    """Return pictures below each other, from left to right at 0, -2 and -4 stops.

    `(k h, 3 w, 3) uint8`, sRGB. Pictures are `(h, w, 3)`, scene-linear; what is above 1.0 then is white.

    >>> strip([np.full((2, 5, 3), 4.0, np.float32)]).shape
    (2, 15, 3)
    >>> strip([np.full((1, 1, 3), 4.0, np.float32)])[0, :, 0].tolist()  # at 0, -2 and -4 stops
    [255, 255, 137]
    """
    rows = [
        np.concatenate([encode(p * 2.0**stops, "srgb") for stops in STRIP_STOPS], axis=1) for p in pictures
    ]
    return np.asarray(np.round(np.concatenate(rows) * 255), np.uint8)
