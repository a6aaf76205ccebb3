"""State the version, once: for the package, the frames' keys and headers, and the event protocol."""

from __future__ import annotations

__version__ = "0.1.0"
