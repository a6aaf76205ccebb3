"""Give SDR footage its light back: expand clips to scene-linear HDR."""

from __future__ import annotations

__version__ = "0.1.0"
