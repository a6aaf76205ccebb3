"""Say which ways to run the network there are to try."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from hdrvid.engine.tuning import Tuning

KNOBS = ("precision", "threads", "batch")


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """Name a way to run the network.

    >>> str(Setting(precision="bf16", threads=1, batch=1))
    'bf16, 1 thread, batch 1'
    """

    precision: str
    threads: int
    batch: int

    def __str__(self) -> str:
        """Return it in words."""
        return f"{self.precision}, {self.threads} thread{'s' * (self.threads != 1)}, batch {self.batch}"

    def tuning(self, default: Setting) -> Tuning:
        """Return what is kept of it: the precision, and what else is not the default.

        >>> default = Setting(precision="bf16", threads=8, batch=1)
        >>> replace(default, threads=4).tuning(default)
        Tuning(precision='bf16', threads=4, batch=0)
        """
        return Tuning(
            precision=self.precision,
            threads=0 if self.threads == default.threads else self.threads,
            batch=0 if self.batch == default.batch else self.batch,
        )


def neighbours(default: Setting, *, precisions: Sequence[str], on_cpu: bool) -> tuple[Setting, ...]:
    """Return the settings that differ from the default in one knob.

    On a CPU the batch stays: it sees one picture at a time anyway, and its last bits depend on the batch.

    >>> default = Setting(precision="bf16", threads=8, batch=1)
    >>> [str(s) for s in neighbours(default, precisions=("fp32", "bf16"), on_cpu=True)]
    ['fp32, 8 threads, batch 1', 'bf16, 4 threads, batch 1', 'bf16, 2 threads, batch 1']
    """
    threads = (default.threads, max(1, default.threads // 2), max(1, default.threads // 4))
    batches = (default.batch,) if on_cpu else (1, 2, 4, 8)
    tried = [
        *(replace(default, precision=precision) for precision in precisions),
        *(replace(default, threads=count) for count in threads),
        *(replace(default, batch=count) for count in batches),
    ]
    return tuple(setting for setting in dict.fromkeys(tried) if setting != default)


def combined(default: Setting, gains: Mapping[Setting, float], least: float) -> Setting:
    """Return the default with every knob turned to the best that was measured for it alone.

    `gains` are times as a ratio to the default's; a knob stays where none is `least` or less.

    >>> default = Setting(precision="fp32", threads=8, batch=1)
    >>> faster = {replace(default, precision="bf16"): 0.5, replace(default, threads=4): 0.9}
    >>> str(combined(default, faster, 0.95))
    'bf16, 4 threads, batch 1'
    """
    best = default
    for knob in KNOBS:
        turned = _turned(default, gains, knob)
        fastest = min(turned, key=gains.__getitem__, default=default)
        if gains.get(fastest, 1.0) <= least:
            best = replace(best, **{knob: getattr(fastest, knob)})
    return best


def _turned(default: Setting, settings: Iterable[Setting], knob: str) -> list[Setting]:
    return [setting for setting in settings if getattr(setting, knob) != getattr(default, knob)]
