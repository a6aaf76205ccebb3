"""Settings of the whole suite."""

from __future__ import annotations

import os

from hypothesis import settings

# What `hdrvid bench` kept for the person who runs the tests is none of their business.
os.environ["HDRVID_CONFIG"] = os.devnull

# How long an example takes says more about the machine, which is shared, than about the code.
settings.register_profile("shared machine", deadline=None)
settings.load_profile("shared machine")
