"""State an evaluation: on what, of what, and how."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from hdrvid.errors import OptionError
from hdrvid.evaluation.protocol import GRAIN_SETTING, WILD_SETTING, Setting, ViewPlan, clean

PAIR_CLIP_CODE = 250
"""Of 255: cameras roll off into the clip, and JPEG scatters it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """Hold what an evaluation is asked for; a request that can have no result raises `OptionError`."""

    scenes: tuple[Path, ...] = ()
    """HDR scenes, or folders of them."""
    pairs: tuple[Path, ...] = ()
    """Folders of real pairs."""
    clip_code: int = PAIR_CLIP_CODE
    """Of 255: where a pixel of a pair counts as clipped."""
    names: tuple[str, ...] = ()
    """Only scenes and pairs of these names; empty for all."""
    clips: tuple[float, ...] = (0.02, 0.08)
    """Shares of clipped pixels, one setting each."""
    wild: bool = False
    """Cameras of unknown response, noise and compression as well."""
    grain: bool = False
    """A short clip from each scene as well, with fresh grain in each frame, for flicker."""
    plan: ViewPlan = field(default_factory=ViewPlan)
    predictions: tuple[tuple[str, Path], ...] = ()
    """Name and folder of what other tools made."""
    model: str = "compact"
    linearise: str = "ocio"
    shoulders: tuple[float, ...] = ()
    """Stops of highlight roll-off that the network is told of, one row more for each."""
    options: tuple[tuple[str, Any], ...] = ()
    """More options of `ExpandJob` for the network, by name."""
    vdp: bool = False
    """ColorVideoVDP as well; needs the extra `evaluation`."""
    least_share: float = 0.8
    """Of the files found, what must be usable."""

    def __post_init__(self) -> None:
        """Refuse what can have no result."""
        if not self.scenes and not self.pairs:
            raise OptionError("evaluate: nothing to judge on, expected --scenes or --pairs. Name a folder.")
        if not all(0 < clip < 1 for clip in self.clips):
            raise OptionError(f"option --clip: got {self.clips}, expected shares between 0 and 1. Try 0.08.")
        if not 1 <= self.clip_code <= 255:
            raise OptionError(f"option --clip-code: got {self.clip_code}, expected 1 to 255. Try 250.")
        names = [name for name, _ in self.predictions]
        if len(set(names)) < len(names):
            raise OptionError(f"option --predictions: {names}, expected names that differ. Write NAME=DIR.")

    @property
    def settings(self) -> tuple[Setting, ...]:
        """Return the ways to photograph the scenes, in the order of the report.

        >>> request = Request(scenes=(Path("scenes"),), clips=(0.02,), wild=True, grain=True)
        >>> [setting.name for setting in request.settings]
        ['2%', 'wild', 'grain']
        """
        wild = (WILD_SETTING,) if self.wild else ()
        grain = (GRAIN_SETTING,) if self.grain else ()
        return (*(clean(clip) for clip in self.clips), *wild, *grain)
