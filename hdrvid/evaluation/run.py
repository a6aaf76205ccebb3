"""Run an evaluation: ask every method for every picture, and score what comes back."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby

from hdrvid.errors import DatasetError
from hdrvid.evaluation.masks import Detector, MaskRow, judge_masks, mask_detectors
from hdrvid.evaluation.methods import Method, hand_made, networks, predictions
from hdrvid.evaluation.picture import Picture
from hdrvid.evaluation.request import Request
from hdrvid.evaluation.scores import Scores, aligned_light, score
from hdrvid.evaluation.shots import Shot, Skipped, check_share
from hdrvid.evaluation.survey import Survey, survey
from hdrvid.metrics.flicker import flicker
from hdrvid.metrics.visible import Visible, colour_video_vdp
from hdrvid.scenes.panorama import Pixels


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One method on one picture, or on one clip: then there is its flicker and nothing else."""

    setting: str
    method: str
    name: str
    scene: str
    source: str
    scores: Scores | None = None
    flicker: float = float("nan")
    """Stops a frame; see `hdrvid.metrics.flicker`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """Hold all that an evaluation found."""

    request: Request
    rows: list[Row] = field(default_factory=list)
    masks: list[MaskRow] = field(default_factory=list)
    skipped: list[Skipped] = field(default_factory=list)


Show = Callable[[Shot, Picture, Method, Pixels], None]
Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Desk:
    """What the pictures of one setting are judged with."""

    methods: Sequence[Method]
    detectors: Mapping[str, Detector]
    visible: Visible | None
    show: Show | None


def evaluate(request: Request, *, show: Show | None = None, progress: Progress | None = None) -> Judged:
    """Score every method on every picture.

    `show` is handed each prediction, aligned to the truth; `progress` the number of pictures that are done,
    and of all. Files that cannot be used are named in the result; too many of them raise `DatasetError`.
    """
    visible = colour_video_vdp() if request.vdp else None
    detectors = mask_detectors(request.model)
    found = survey(request)
    judged = Judged(request=request, skipped=list(found.skipped))
    done = 0
    for setting, shots in groupby(found.shots, key=lambda shot: shot.setting):
        methods = methods_of(request, found, setting)
        desk = _Desk(methods=methods, detectors=detectors, visible=visible, show=show)
        for _, frames in groupby(shots, key=lambda shot: shot.clip or shot.name):
            for _ in _judge(frames, desk, judged):
                done += 1
                if progress:
                    progress(done, len(found.shots))
    _check_predictions(judged)
    return judged


def methods_of(request: Request, found: Survey, setting: str) -> list[Method]:
    """Return everything that is asked for the pictures of a setting."""
    others = [predictions(name, folder, setting) for name, folder in request.predictions]
    return [
        *hand_made(found.gains[setting]),
        *networks(
            request.model,
            linearise=request.linearise,
            options=dict(request.options),
            shoulders=request.shoulders,
        ),
        *(method for methods in others for method in methods),
    ]


def _judge(shots: Iterable[Shot], desk: _Desk, judged: Judged) -> Iterator[Shot]:
    """Judge a still, or the frames of one clip; yield each when it is done."""
    clip: dict[str, list[tuple[Picture, Pixels]]] = {}
    for shot in shots:
        picture = shot.take()
        judged.masks.extend(judge_masks(picture, shot.setting, desk.detectors))
        for method, light in _answers(shot, picture, desk.methods, judged.skipped):
            if shot.clip:
                clip.setdefault(method.name, []).append((picture, light))
            else:
                scores = score(picture, light, visible=desk.visible)
                judged.rows.append(_row(shot, picture, method.name, scores=scores))
            if desk.show:
                desk.show(shot, picture, method, light)
        yield shot
    for name, frames in clip.items():
        judged.rows.append(_row(shot, picture, name, steadiness=_flicker(frames)))


def _answers(
    shot: Shot, picture: Picture, methods: Sequence[Method], skipped: list[Skipped]
) -> Iterator[tuple[Method, Pixels]]:
    for method in methods:
        try:
            yield method, aligned_light(picture, method.expand(picture))
        except DatasetError as error:
            name = f"{method.name}: {shot.name}"
            skipped.append(Skipped(setting=shot.setting, name=name, reason=str(error)))


def _row(
    shot: Shot,
    picture: Picture,
    method: str,
    *,
    scores: Scores | None = None,
    steadiness: float = float("nan"),
) -> Row:
    return Row(
        setting=shot.setting,
        method=method,
        name=shot.clip or shot.name,
        scene=shot.scene,
        source=picture.source,
        scores=scores,
        flicker=steadiness,
    )


def _flicker(frames: Sequence[tuple[Picture, Pixels]]) -> float:
    pictures = [picture for picture, _ in frames]
    return flicker(
        [light for _, light in frames],
        [picture.truth for picture in pictures],
        [picture.clipped for picture in pictures],
    )


def _check_predictions(judged: Judged) -> None:
    """Refuse a table in which too much of another tool's output is missing: it would flatter or wrong it."""
    for name, folder in judged.request.predictions:
        kept = sum(row.method == name for row in judged.rows)
        missing = [item for item in judged.skipped if item.name.startswith(f"{name}: ")]
        check_share(kept, missing, least=judged.request.least_share, what=f"{name} in {folder}")
