"""Give SDR footage its light back: expand clips to scene-linear HDR.

>>> import hdrvid
>>> sorted(hdrvid.__all__)[:4]
['Expansion', 'Run', '__version__', 'expand']
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from hdrvid.version import __version__

# before torch loads OpenMP, which reads it once: threads that wait by spinning beside busy writers were
# measured at 2.0 s of CPU a frame, sleeping ones at 0.18 (docs/performance.md)
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

if TYPE_CHECKING:
    from hdrvid.engine import Expansion, Run, expand, expand_image, probe

__all__ = ["Expansion", "Run", "__version__", "expand", "expand_image", "probe"]


def __getattr__(name: str) -> Any:  # noqa: ANN401 - any of the public names
    """Hand on the public names, imported when they are first used: `import hdrvid` stays quick."""
    if name in __all__:
        import hdrvid.engine  # heavy: PyAV, OCIO and torch come with it

        return getattr(hdrvid.engine, name)
    message = f"module 'hdrvid' has no attribute '{name}'"
    raise AttributeError(message)
