"""Take the camera's noise and the compression's blocks out of a plate, where a job asks for it: `--grain`.

It changes pixels that did not clip, so the plate is left as it is unless the response is undone as well: who
asks for the paper's L asks for light, and noise is none. What clipped stays: there C answers.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Protocol

import torch
from torch import Tensor

from hdrvid.inference.devices import Machine
from hdrvid.inference.space import NetworkSpace
from hdrvid.model import ramp, srgb_decode, srgb_encode
from hdrvid.model.evidence import BLOCK
from hdrvid.model.noise import NOISE_MULTIPLE, NOISE_REACH, noise_level, ripple
from hdrvid.plate import Frame, Planes

LEAST_LIMIT, LEVELS = 4 / 255, 3.0
"""No code changes by more than this, and so many times the noise of the frame's calm parts: blocks and grain
are less, cloth and print that were taken for noise may be more."""
_PIXELS = 2**19  # looked at at once, about 200 bytes each: the rows of a band are a matter of the width alone
_STRIP, _EVERY = BLOCK + 2, 4 * BLOCK  # rows: a quarter of the blocks tell how strong noise is


class Denoiser(Protocol):
    """Tell noise from light: `hdrvid.model.Generator` with a part for it, or a stand-in."""

    def noise(self, code: Tensor, level: Tensor) -> Tensor:
        """Return what to add to codes `(N, 3, h, w)` in [0, 1] with noise of levels `(N,)`."""


def without_noise(
    network: Denoiser, *, machine: Machine, space: NetworkSpace, clip_point: float
) -> Callable[[Frame], Frame]:
    """Return what takes noise out of frames: scene-linear, output space, in and out.

    Codes change within limits (`LEAST_LIMIT`, `LEVELS`), and what is added fades as the mask of a channel
    rises, so that a clipped one keeps its value to the bit.

    >>> import numpy as np
    >>> class Brighter:
    ...     def noise(self, code, level):
    ...         return torch.full_like(code, 0.1)
    >>> space = NetworkSpace(from_output=np.eye(3), to_output=np.eye(3))
    >>> machine = Machine(device=torch.device("cpu"), dtype=torch.float32)
    >>> frame = Frame(number=1001, pixels=np.float32([[[0.2, 1.0]]] * 3))
    >>> clean = without_noise(Brighter(), machine=machine, space=space, clip_point=1.0)
    >>> (clean(frame).pixels[0] * 100).round().tolist()
    [[21.0, 100.0]]
    """

    def light_of(pixels: Planes) -> Tensor:
        return space.light(pixels).div_(clip_point)

    def added(code: Tensor, level: Tensor) -> Tensor:
        with torch.inference_mode():
            said = network.noise(code[None].to(machine.device), level[None].to(machine.device)).cpu()[0]
        most = float(LEAST_LIMIT + LEVELS * level)
        return said.clamp(-most, most)

    def clean(frame: Frame) -> Frame:
        height, width = frame.size
        pixels = frame.pixels.copy()
        strips = [frame.pixels[:, top : top + _STRIP] for top in range(0, height, _EVERY)]
        level = noise_level(torch.cat([ripple(srgb_encode(light_of(strip))) for strip in strips]))
        rows = max(_PIXELS // width // NOISE_MULTIPLE * NOISE_MULTIPLE, NOISE_REACH)
        for top in range(0, height, rows):
            first, last = max(top - NOISE_REACH, 0), min(top + rows + NOISE_REACH, height)
            light = light_of(frame.pixels[:, first:last])
            code = srgb_encode(light).nan_to_num_(0.0)  # one broken pixel stays one
            core = slice(top - first, min(top + rows, height) - first)
            change = _change(light[:, core], code[:, core], added(code, level)[:, core])
            difference: Planes = space.difference(change.reshape(3, -1).mul_(clip_point))
            pixels[:, top : top + rows] += difference.reshape(change.shape)
        return replace(frame, pixels=pixels)

    return clean


def _change(light: Tensor, code: Tensor, added: Tensor) -> Tensor:
    """Return what is added to light, clip point at 1, where codes change by as much: `(3, h, w)` each."""
    added = (1.0 - ramp(code)) * added
    change = srgb_decode(code + added) - light.clamp(0.0, 1.0)
    change = torch.where(added == 0, 0.0, change)  # a code that comes back is off by a rounding
    return change.nan_to_num_(0.0)
