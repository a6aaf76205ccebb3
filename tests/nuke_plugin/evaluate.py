"""Render the node's inside: the few node classes that it uses, by their documented formulas.

learn.foundry.com, reference guide. Expression: expressions of channels and knobs, in 32-bit float; a channel
set without an expression is left alone. Switch: the input with the number of `which`. Erode (fast), the class
Dilate: a positive size takes the maximum around a pixel, a negative one the minimum. Blur: a Gaussian; size 0
changes nothing. Dot, Input and Output hand on.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from tests.nuke_plugin.expressions import evaluate

Plane = NDArray[np.float32]
Picture = dict[str, Plane]
"""Channels by Nuke's full names, `rgba.red` and so on, each `(H, W) float32`."""

_SHORT = {"r": "rgba.red", "g": "rgba.green", "b": "rgba.blue", "a": "rgba.alpha"}
_DEFAULT_CHANNELS = ("rgba.red", "rgba.green", "rgba.blue", "rgba.alpha")


def render(node: Any, sources: dict[str, Picture]) -> Picture:
    """Return what a node gives; `sources` are the pictures of Input and Read nodes by their class."""
    cls = node.Class()
    if cls in sources:
        return sources[cls]
    if cls == "Switch":
        return render(node.input(int(node["which"].value())), sources)
    picture = render(node.input(0), sources)
    if cls == "Expression":
        return _expression(node, picture)
    if cls in ("Dilate", "Blur"):
        change = dilate if cls == "Dilate" else blur
        layer, size = node["channels"].value(), node["size"].value()
        return {name: change(p, size) if name.startswith(layer + ".") else p for name, p in picture.items()}
    assert cls in ("Dot", "Output"), f"no formula for {cls}"
    return picture


def _expression(node: Any, picture: Picture) -> Picture:
    temporary: dict[str, Any] = {}

    def lookup(name: str) -> Any:
        if name in temporary:
            return temporary[name]
        full = _SHORT.get(name, name)
        return picture[full] if full in picture else np.float32(node._number(name))

    for n in range(4):
        if name := node[f"temp_name{n}"].value():
            temporary[name] = evaluate(node[f"temp_expr{n}"].value(), lookup)
    made = dict(picture)
    for n, default in enumerate(_DEFAULT_CHANNELS):
        channel, text = node[f"channel{n}"].value() or default, node[f"expr{n}"].value()
        if channel != "none" and text:
            plane = np.asarray(evaluate(text, lookup), np.float32)
            made[channel if "." in channel else channel + ".a"] = np.broadcast_to(
                plane, picture["rgba.red"].shape
            )
    return made


def dilate(plane: Plane, size: float) -> Plane:
    """Return the maximum, for a negative size the minimum, over a square of 2 |size| + 1 pixels."""
    reach = round(abs(size))
    if reach == 0:
        return plane
    padded = np.pad(plane, reach, mode="edge")
    windows = np.lib.stride_tricks.sliding_window_view(padded, (2 * reach + 1, 2 * reach + 1))
    return np.asarray(windows.max(axis=(2, 3)) if size > 0 else windows.min(axis=(2, 3)), np.float32)


def blur(plane: Plane, size: float) -> Plane:
    """Return a Gaussian blur, `size` wide."""
    if size <= 0:
        return plane
    reach = int(np.ceil(size))
    kernel = np.exp(-0.5 * (np.arange(-reach, reach + 1) / (size / 2)) ** 2)
    kernel = (kernel / kernel.sum()).astype(np.float32)
    for axis in (0, 1):
        padding = [(reach, reach) if n == axis else (0, 0) for n in (0, 1)]
        windows = np.lib.stride_tricks.sliding_window_view(
            np.pad(plane, padding, mode="edge"), 2 * reach + 1, axis
        )
        plane = np.asarray(windows @ kernel, np.float32)
    return plane
