"""Find the way to run the network that is fastest on this machine and stays close to float32."""

from __future__ import annotations

from hdrvid.bench.run import Report, bench

__all__ = ["Report", "bench"]
