"""Which pictures of which scenes: the protocol that the project's numbers are quoted by.

From each HDR panorama three views are drawn at random, 640 x 360 and 90 degrees wide, and kept if they are at
least 45 degrees apart and clipping takes something away: where the brightest share of a view is hardly above
the rest, every method scores noise. The draw depends on the scene's name and the seed alone. The SDR side is
made by `hdrvid.scenes.camera`, as all of the project's is.

Views are sampled bilinearly and without oversampling: the first published numbers were made so, and a
protocol is no place for improvements.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import lru_cache, partial
from pathlib import Path

import numpy as np

from hdrvid.errors import DatasetError
from hdrvid.evaluation.files import read_truth
from hdrvid.evaluation.picture import Picture, make_picture
from hdrvid.evaluation.shots import Shot, Skipped
from hdrvid.metrics.stops import log_luminance
from hdrvid.scenes.camera import Settings, exposure, graded, photograph, quantised, unknown_camera
from hdrvid.scenes.curves import encode
from hdrvid.scenes.panorama import Camera, Pixels, look
from hdrvid.scenes.windows import resampling

GRAIN = 1e-3
"""Noise of the setting 'grain', fresh in each frame, while camera and scene stand still."""
_DRAWS, _APART, _PITCH = 40, 45.0, (-10.0, 20.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """One way to photograph the views."""

    name: str
    clip: float
    """Share of a view's pixels with a channel at or above the clip point."""
    kind: str = "clean"
    """`clean`: sRGB, 8 bits, a clean cut; `wild`: a camera drawn at random; `grain`: a still clip."""

    @property
    def clip_code(self) -> int:
        """Code, of 255, from which a pixel counts as clipped: compression scatters it.

        >>> clean(0.08).clip_code, WILD_SETTING.clip_code
        (254, 250)
        """
        return 254 if self.kind == "clean" else 250


def clean(clip: float) -> Setting:
    """Return the setting of a clean camera.

    >>> clean(0.08).name
    '8%'
    """
    return Setting(name=f"{100 * clip:g}%", clip=clip)


WILD_SETTING = Setting(name="wild", clip=0.08, kind="wild")
GRAIN_SETTING = Setting(name="grain", clip=0.08, kind="grain")


@dataclass(frozen=True, slots=True, kw_only=True)
class ViewPlan:
    """How views are drawn; another plan is another protocol, whose numbers do not compare."""

    views: int = 3
    width: int = 640
    height: int = 360
    fov: float = 90.0
    seed: int = 0
    least_loss: float = 0.25
    """Stops that clipping must take away, mean over the clipped pixels."""
    frames: int = 4
    """Of a clip of the setting 'grain'."""


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """A place to stand: the scene's file, where the camera looks (degrees), and the name of the picture."""

    path: Path
    name: str
    yaw: float
    pitch: float
    source: str = ""


def scene_shots(
    paths: Iterator[Path], setting: Setting, plan: ViewPlan, *, sources: dict[str, str]
) -> Iterator[Shot | Skipped]:
    """Yield the pictures of HDR scenes, and by name the files that cannot be used."""
    for path in paths:
        try:
            views = list(draw_views(path, setting, plan, source=sources.get(path.stem, path.parent.name)))
        except DatasetError as error:
            yield Skipped(setting=setting.name, name=path.stem, reason=str(error))
            continue
        for view in views[:1] if setting.kind == "grain" else views:
            yield from _shots_of(view, setting, plan)


def _shots_of(view: View, setting: Setting, plan: ViewPlan) -> Iterator[Shot]:
    if setting.kind != "grain":
        take = partial(photograph_view, view, setting, plan)
        yield Shot(setting=setting.name, name=view.name, scene=view.path.stem, take=take)
        return
    for frame in range(plan.frames):
        yield Shot(
            setting=setting.name,
            name=f"{view.name}_{frame:02d}",
            scene=view.path.stem,
            take=partial(photograph_view, view, setting, plan, frame=frame),
            clip=view.name,
        )


def draw_views(path: Path, setting: Setting, plan: ViewPlan, *, source: str) -> Iterator[View]:
    """Yield the views of one scene that are far enough apart and lose something; few, or none, may."""
    scene, rng = _scene(path), np.random.default_rng([plan.seed, *path.stem.encode()])
    taken: list[float] = []
    for _ in range(_DRAWS if _is_panorama(scene) else 1):
        yaw, pitch = float(rng.uniform(0, 360)), float(rng.uniform(*_PITCH))
        if len(taken) == plan.views:
            return
        view = View(path=path, name=f"{path.stem}_{len(taken)}", yaw=yaw, pitch=pitch, source=source)
        is_apart = all(_between(yaw, other) >= _APART for other in taken)
        if is_apart and _loss(view, setting, plan) >= plan.least_loss:
            taken.append(yaw)
            yield view


def _between(yaw: float, other: float) -> float:
    return abs((yaw - other + 180) % 360 - 180)


def _loss(view: View, setting: Setting, plan: ViewPlan) -> float:
    """Return the mean stops of luminance that a clean cut takes away, over the clipped pixels."""
    light = look_at(view, plan)
    exposed = light * np.float32(exposure(light, Settings(clipped_share=setting.clip)))
    lost = log_luminance(exposed) - log_luminance(np.minimum(exposed, 1))
    return float(lost[exposed.max(-1) >= 1].mean())


def photograph_view(view: View, setting: Setting, plan: ViewPlan, *, frame: int = 0) -> Picture:
    """Return the picture that the setting's camera takes of a view."""
    rng = np.random.default_rng([plan.seed, frame, *f"{view.name} {setting.name}".encode()])
    settings = camera_of(setting, rng)
    light = graded(look_at(view, plan), settings)
    scale = exposure(light, settings)
    photo = photograph(light, settings, scale=scale, rng=rng)
    code = quantised(encode(photo.source, settings.encoding), 8)  # H.264 comes back in between
    picture = make_picture(
        code,
        photo.exposed,
        name=f"{view.name}_{frame:02d}" if setting.kind == "grain" else view.name,
        scene=view.path.stem,
        source=view.source,
        clip_code=setting.clip_code,
    )
    return replace(picture, over=photo.exposed >= settings.curve.clip_light)


def camera_of(setting: Setting, rng: np.random.Generator) -> Settings:
    """Return the camera of a setting; 'wild' draws one, and a reader takes its codes for sRGB.

    >>> camera_of(clean(0.02), np.random.default_rng(0)).clipped_share
    0.02
    >>> camera_of(WILD_SETTING, np.random.default_rng(0)).compression in ("jpeg", "h264")
    True
    """
    if setting.kind == "wild":
        return unknown_camera(rng)
    return Settings(clipped_share=setting.clip, noise=GRAIN if setting.kind == "grain" else 0.0)


def look_at(view: View, plan: ViewPlan) -> Pixels:
    """Return the light of a view, `(height, width, 3)`; a scene that is no panorama is shown whole."""
    scene = _scene(view.path)
    if not _is_panorama(scene):
        return fitted(scene, plan)
    camera = Camera(yaw=view.yaw, pitch=view.pitch, fov=plan.fov)
    return look(scene, camera, width=plan.width, height=plan.height, oversample=1)


def fitted(picture: Pixels, plan: ViewPlan) -> Pixels:
    """Return a picture reduced to the plan's long side, both sides even; a smaller one keeps its size.

    >>> fitted(np.ones((300, 401, 3), np.float32), ViewPlan(width=200, height=100)).shape
    (148, 200, 3)
    >>> fitted(np.ones((50, 80, 3), np.float32), ViewPlan()).shape
    (50, 80, 3)
    """
    height, width = picture.shape[:2]
    step = max(max(height, width) / max(plan.width, plan.height), 1.0)
    size = (int(height / step) // 2 * 2, int(width / step) // 2 * 2)
    if size == (height, width):
        return picture
    rows = resampling(height, start=0, step=step, count=size[0])
    columns = resampling(width, start=0, step=step, count=size[1])
    reduced: Pixels = np.einsum("ih,hwc,jw->ijc", rows, picture, columns, optimize=True)
    return reduced


def _is_panorama(scene: Pixels) -> bool:
    return bool(scene.shape[1] == 2 * scene.shape[0])


@lru_cache(maxsize=1)
def _scene(path: Path) -> Pixels:
    return read_truth(path)
