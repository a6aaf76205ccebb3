"""The bank: views of all scenes, rendered once, memory-mapped as half floats."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, TypeAlias, cast

import numpy as np
import numpy.typing as npt

from hdrvid.errors import DatasetError
from hdrvid.scenes.curves import decode
from hdrvid.scenes.panorama import Camera, Pixels, look, read_scene
from hdrvid.scenes.windows import UNKNOWN, window

log = logging.getLogger(__name__)

PHOTO_LIMIT = 249.5 / 255
"""Codes of a photograph above this are unknown light."""
SKY = "puresky"
"""Scenes with this in their name have a synthetic lower half: only the upper one is looked at."""

Views: TypeAlias = npt.NDArray[np.float16]
"""`(V, h, w, 3) float16`, scene-linear."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BankPlan:
    """What a bank is made of; a bank on disk is used again only if its plan is the same."""

    hdr: Path
    """Folder of equirectangular scenes."""
    photos: Path | None
    """Folder of SDR photographs with unclipped highlights."""
    scenes: tuple[str, ...]
    """File stems to train on."""
    dev: tuple[str, ...]
    """File stems held out for the curve of the run."""
    views: int = 100
    """Of each training scene."""
    dev_views: int = 16
    """Of each held-out scene."""
    photo_views: int = 24
    """Of each photograph."""
    width: int = 256
    height: int = 192
    seed: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Bank:
    """Views grouped by where they are from."""

    views: Views
    groups: Mapping[str, tuple[int, int]]
    """`kind/name` to first view and one past the last; kind is scene, dev or photo."""

    def names(self, kind: str) -> list[str]:
        """Return the groups of a kind, in order.

        >>> groups = {"scene/pier": (0, 2), "dev/dune": (2, 3)}
        >>> bank = Bank(views=np.zeros((3, 2, 2, 3), np.float16), groups=groups)
        >>> bank.names("scene")
        ['scene/pier']
        """
        return [name for name in self.groups if name.startswith(f"{kind}/")]

    def view(self, group: str, index: int) -> Pixels:
        """Return a view of a group as float32; `index` counts from 0 and wraps.

        >>> views = np.arange(3, dtype=np.float16)[:, None, None, None] * np.ones((2, 2, 3), np.float16)
        >>> bank = Bank(views=views, groups={"scene/pier": (1, 3)})
        >>> [float(bank.view("scene/pier", index).max()) for index in (0, 1, 2)]
        [1.0, 2.0, 1.0]
        """
        first, last = self.groups[group]
        return np.asarray(self.views[first + index % (last - first)], np.float32)


def open_bank(folder: Path, plan: BankPlan) -> Bank:
    """Open the bank of a plan, rendering it first if it is not there; several minutes for 50 scenes."""
    described = json.loads(json.dumps(asdict(plan), default=str))
    index = folder / "bank.json"
    if not index.exists() or json.loads(index.read_text())["plan"] != described:
        folder.mkdir(parents=True, exist_ok=True)
        groups = _render(plan, folder / "views.f16")
        index.write_text(json.dumps({"plan": described, "groups": groups}, indent=1))
    groups = {name: (a, b) for name, (a, b) in json.loads(index.read_text())["groups"].items()}
    shape = (max(b for _, b in groups.values()), plan.height, plan.width, 3)
    return Bank(
        views=cast("Views", np.memmap(folder / "views.f16", np.float16, "r", shape=shape)), groups=groups
    )


def _render(plan: BankPlan, path: Path) -> dict[str, tuple[int, int]]:
    groups: dict[str, tuple[int, int]] = {}
    count = 0
    partial = path.with_suffix(".partial")
    with partial.open("wb") as file:
        for name, views in _all_views(plan):
            file.write(np.minimum(views, 65504).astype(np.float16).tobytes())
            groups[name] = (count, count + len(views))
            count += len(views)
            log.info("bank: %s, %d views", name, len(views))
    partial.replace(path)  # a run that has the old one mapped keeps it
    return groups


def _all_views(plan: BankPlan) -> Iterator[tuple[str, npt.NDArray[np.float32]]]:
    for kind, names, count in (("scene", plan.scenes, plan.views), ("dev", plan.dev, plan.dev_views)):
        for name in names:
            yield f"{kind}/{name}", scene_views(read_scene(_find(plan.hdr, name)), name, count, plan)
    for photo in sorted(plan.photos.glob("*.jpg")) if plan.photos else ():
        yield f"photo/{photo.stem}", photo_views(read_photo(photo), photo.stem, plan)


def _find(folder: Path, name: str) -> Path:
    for suffix in (".exr", ".hdr"):
        if (folder / f"{name}{suffix}").exists():
            return folder / f"{name}{suffix}"
    raise DatasetError(
        f"scene {name}: not in {folder}; expected {name}.exr or .hdr there. "
        "Mend the config's scenes, or its folder."
    )


def draw_view(rng: np.random.Generator, *, sky: bool, aspect: float) -> Camera:
    """Draw a virtual camera; a sky's whole picture lies above the horizon.

    >>> camera = draw_view(np.random.default_rng(0), sky=True, aspect=0.75)
    >>> round(camera.pitch), round(camera.fov)
    (35, 66)
    """
    fov = float(rng.uniform(50, 75 if sky else 100))
    pitch = float(np.clip(rng.normal(5, 18), -35, 50))
    if sky:
        half = np.degrees(np.arctan(np.tan(np.radians(fov) / 2) * aspect)) + 8  # 8: room for the roll
        pitch = float(rng.uniform(half, 60))
    roll = float(np.clip(rng.normal(0, 4), -10, 10))
    return Camera(yaw=float(rng.uniform(0, 360)), pitch=pitch, roll=roll, fov=fov)


def scene_views(panorama: Pixels, name: str, count: int, plan: BankPlan) -> npt.NDArray[np.float32]:
    """Render views of one scene, `(count, h, w, 3)`; they depend on the name and the seed alone.

    >>> plan = BankPlan(hdr=Path(), photos=None, scenes=(), dev=(), width=8, height=6)
    >>> scene_views(np.ones((16, 32, 3), np.float32), "pier", 5, plan).shape
    (5, 6, 8, 3)
    """
    rng = np.random.default_rng([plan.seed, *name.encode()])
    cameras = [draw_view(rng, sky=SKY in name, aspect=plan.height / plan.width) for _ in range(count)]
    return np.stack([look(panorama, c, width=plan.width, height=plan.height) for c in cameras])


def read_photo(path: Path) -> Pixels:
    """Read an SDR photograph, `(H, W, 3) float32`, linear; `UNKNOWN` where it is clipped itself.

    >>> import OpenImageIO as oiio, tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     file = Path(folder, "photo.png")
    ...     written = oiio.ImageBuf(np.float32([[[0.5] * 3, [1.0] * 3]])).write(str(file), oiio.UINT8)
    ...     light = read_photo(file)
    >>> light[0, :, 0].round(3).tolist()
    [0.2160000056028366, -1.0]
    """
    import OpenImageIO as oiio  # noqa: N813 - its name in every example

    pixels: Any = oiio.ImageBuf(str(path)).get_pixels(oiio.FLOAT)
    if pixels is None or np.ndim(pixels) != 3 or np.shape(pixels)[2] < 3:
        raise DatasetError(
            f"{path}: cannot be read as RGB; expected a JPEG photograph. Replace it, or take it out."
        )
    code = np.asarray(pixels, np.float32)[..., :3]
    return np.where(code.max(-1, keepdims=True) > PHOTO_LIMIT, np.float32(UNKNOWN), decode(code, "srgb"))


def photo_views(photo: Pixels, name: str, plan: BankPlan) -> npt.NDArray[np.float32]:
    """Cut windows of random place and size out of a photograph and reduce them: `(V, h, w, 3)`.

    >>> plan = BankPlan(hdr=Path(), photos=None, scenes=(), dev=(), width=8, height=6, photo_views=5)
    >>> photo_views(np.ones((30, 40, 3), np.float32), "pier", plan).shape
    (5, 6, 8, 3)
    """
    rng = np.random.default_rng([plan.seed, *name.encode()])
    room = min(photo.shape[0] / plan.height, photo.shape[1] / plan.width)
    views = []
    for _ in range(plan.photo_views):
        step = float(np.exp(rng.uniform(0, np.log(max(room, 1.0)))))
        top = float(rng.uniform(0, max(photo.shape[0] - plan.height * step, 0)))
        left = float(rng.uniform(0, max(photo.shape[1] - plan.width * step, 0)))
        views.append(window(photo, top=top, left=left, step=step, shape=(plan.height, plan.width)))
    return np.stack(views)
