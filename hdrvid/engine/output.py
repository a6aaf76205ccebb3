"""Keep the written side of a plan: the sink, and the manifest beside its frames."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from hdrvid.engine.arithmetic import refuse_a_mixture
from hdrvid.engine.manifest import Entry, Manifest
from hdrvid.engine.plan import Plan
from hdrvid.engine.resume import Shelf, Standing, sort_frames
from hdrvid.inference import to_half
from hdrvid.sinks import KEY_ATTRIBUTE, ExrSettings, ExrSink, checksum_of, read_key
from hdrvid.sources import timecode_at
from hdrvid.version import __version__


class Output:
    """Hold the sink and the manifest of a plan's frames."""

    def __init__(self, plan: Plan) -> None:
        """Make the folder and read what lies there."""
        self._plan = plan
        self.sink = ExrSink(
            Path(plan.job.out),
            name=plan.info.name,
            output=_exr_settings(plan),
            halve=to_half,
            verify=plan.job.verify_writes == "on",
        )
        self._manifest = Manifest(self.sink.folder / f"{plan.info.name}.hdrvid.jsonl")

    def standing(self) -> Standing:
        """Tell which frames are done; raise `OutputConflict` where frames of another job are in the way.

        Those of the same job in another arithmetic are in the way wherever in the sequence they lie.
        """
        plan = self._plan
        refuse_a_mixture(
            plan.facts,
            self._beside(),
            left=plan.left_open,
            jobs=self._manifest.jobs,
            key_of=plan.frame_key_of,
        )
        shelf = Shelf(path_of=self.sink.path_of, read_key=read_key, checksum_of=checksum_of)
        standing = sort_frames(
            plan.frames,
            key_of=plan.frame_key,
            manifest=self._manifest,
            shelf=shelf,
            overwrite=plan.job.overwrite,
        )
        if standing.todo:
            self._manifest.describe(plan.key, plan.facts)
        return standing

    def _beside(self) -> Iterator[Entry]:
        """Yield what is known of the sequence's frames that are none of this job's, and still there."""
        for entry in self._manifest.entries:
            if entry.number not in self._plan.frames and self.sink.path_of(entry.number).exists():
                yield entry

    def record(self, entry: Entry) -> None:
        """Note a frame that is in its place."""
        self._manifest.add(entry)

    def attributes(self, number: int, key: str) -> dict[str, Any]:
        """Return what only this frame's header says."""
        return {KEY_ATTRIBUTE: key, "hdrvid/sourceFrame": number - self._plan.info.frames.first}

    def timecode(self, number: int) -> str | None:
        """Return the timecode of one frame, None where the plate has none.

        Where no rate is known nothing can be counted: a frame of a sequence has what its own file says.
        """
        info = self._plan.info
        if info.timecode is None:
            return None
        if info.rate is None:
            return self._plan.source.timecode(number)
        return timecode_at(info.timecode, number - info.frames.first, info.rate)


def _portable(config: str) -> str:
    """Return a config's name without folders: frames of one job have the same bytes on every machine."""
    return config if config.startswith("ocio://") else Path(config).name


def _exr_settings(plan: Plan) -> ExrSettings:
    job, info, colour = plan.job, plan.info, plan.colour
    return ExrSettings(
        compression=job.compression,
        full_float=job.full_float,
        rate=info.rate,
        pixel_aspect=info.pixel_aspect,
        is_premultiplied=info.is_premultiplied,
        interop_id=colour.interop_id,
        chromaticities=colour.chromaticities,
        attributes={
            "hdrvid/version": __version__,
            "hdrvid/model": Path(job.model).name,
            "hdrvid/modelHash": plan.weights,
            "hdrvid/inputSpace": colour.input_space,
            "hdrvid/outputSpace": colour.output_space,
            "hdrvid/ocioConfig": _portable(colour.config.name),
            "hdrvid/source": info.path.name,
            "hdrvid/settings": json.dumps(plan.facts["settings"], sort_keys=True),
        },
    )
