"""Count what a run has done, and make its events."""

from __future__ import annotations

from dataclasses import dataclass, field

from hdrvid.events import Failed, Finished, FrameKept, FrameWritten
from hdrvid.sinks import Written


@dataclass(frozen=True, slots=True, kw_only=True)
class Done:
    """Hold a frame that is in its place, its key, and the share of it that was over-exposed."""

    written: Written
    key: str
    clipped: float


@dataclass(slots=True, kw_only=True)
class Tally:
    """Hold a run's counts; `waiting` are the numbers still to be written, in order."""

    total: int
    written: int = 0
    kept: int = 0
    limited: int = 0
    waiting: list[int] = field(default_factory=list)

    @property
    def done(self) -> int:
        """Return how many of the job's frames are in their place.

        >>> Tally(total=10, written=3, kept=4).done
        7
        """
        return self.written + self.kept

    def count_kept(self, number: int, path: str) -> FrameKept:
        """Count a frame that was there already.

        >>> Tally(total=3, written=1).count_kept(1002, "exr/clip.1002.exr").done
        2
        """
        self.kept += 1
        return FrameKept(number=number, path=path, done=self.done, total=self.total)

    def count_written(self, done: Done, seconds: float) -> FrameWritten:
        """Count a frame that was just written; `seconds` since the start of the run.

        >>> from pathlib import Path
        >>> tally = Tally(total=3, kept=1, waiting=[1002, 1003])
        >>> written = Written(path=Path("exr/clip.1002.exr"), number=1002, checksum="7d", bytes=6)
        >>> tally.count_written(Done(written=written, key="a1", clipped=0.25), 1.5).done, tally.waiting
        (2, [1003])
        """
        self.written += 1
        self.limited += done.written.limited
        if done.written.number in self.waiting:
            self.waiting.remove(done.written.number)
        return FrameWritten(
            number=done.written.number,
            path=str(done.written.path),
            done=self.done,
            total=self.total,
            seconds=round(seconds, 3),
            clipped=round(done.clipped, 6),
            limited=done.written.limited,
        )

    def finished(self, seconds: float) -> Finished:
        """Sum up a run that ended well.

        >>> Tally(total=3, written=1, kept=2).finished(1.5)
        Finished(written=1, kept=2, seconds=1.5, limited=0)
        """
        return Finished(written=self.written, kept=self.kept, seconds=round(seconds, 3), limited=self.limited)

    def failed(self, error: BaseException) -> Failed:
        """Sum up a run that ended early, at the first frame that is not in its place.

        >>> failed = Tally(total=3, written=1, waiting=[1002, 1003]).failed(OSError("no disk"))
        >>> failed.kind, failed.message, failed.frame
        ('OSError', 'no disk', 1002)
        """
        return Failed(
            kind=type(error).__name__,
            message=str(error) or type(error).__name__,
            written=self.written,
            kept=self.kept,
            frame=self.waiting[0] if self.waiting else None,
        )
