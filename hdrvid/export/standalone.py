"""The generator in one file that needs torch alone: plain operations, scriptable, from torch 1.12 on.

A TorchScript file must not be newer than the torch inside Nuke (1.12 in Nuke 14), and hdrvid needs a newer
one. So this file travels with the weights; where the older torch is installed, it makes the model there:

    python standalone.py weights.pt model.pt

In hdrvid it is tested to give what the library gives. Do not import anything else here.
"""

# ruff: noqa: UP006, UP035, B905, D102, D107 - it runs in the Python of Nuke 14's torch, and is documented by class
# mypy: disable-error-code="no-any-return, no-untyped-call"
import json
import sys
from typing import Any, Dict, List

import torch
from torch import Tensor, nn
from torch.nn import functional as F

REC709_FROM_ACESCG = [
    [1.70505099, -0.62179212, -0.08325887],
    [-0.13025642, 1.14080474, -0.01054832],
    [-0.02400336, -0.12896898, 1.15297233],
]
ACESCG_FROM_REC709 = [
    [0.61309740, 0.33952314, 0.04737945],
    [0.07019372, 0.91635388, 0.01345240],
    [0.02061559, 0.10956977, 0.86981463],
]


class Chain(nn.Module):
    """A recurrent convolution with its norms folded in: one kernel a step."""

    def __init__(self, channels: int, steps: int) -> None:
        super().__init__()
        self.convs = nn.ModuleList([nn.Conv2d(channels, channels, 3, padding=1) for _ in range(steps + 1)])

    def forward(self, x: Tensor) -> Tensor:
        state = torch.zeros_like(x)
        for conv in self.convs:
            state = F.relu(conv(x + state))
        return state


class Block(nn.Module):
    """A level: a 1x1 convolution, then two recurrent ones with the identity around them."""

    def __init__(self, c_in: int, c_out: int, steps: int) -> None:
        super().__init__()
        self.enter = nn.Conv2d(c_in, c_out, 1)
        self.pair = nn.Sequential(Chain(c_out, steps), Chain(c_out, steps))

    def forward(self, x: Tensor) -> Tensor:
        x = self.enter(x)
        return x + self.pair(x)


class Up(nn.Module):
    """The 3x3 convolution after an enlargement."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.normed = nn.Conv2d(2 * channels, channels, 3, padding=1)

    def forward(self, x: Tensor) -> Tensor:
        return F.relu(self.normed(x))


class Gate(nn.Module):
    """The attention on a skip connection."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        inner = max(channels // 2, 1)
        self.from_gate = nn.Conv2d(channels, inner, 1)
        self.from_skip = nn.Conv2d(channels, inner, 1)
        self.to_weight = nn.Conv2d(inner, 1, 1)

    def forward(self, gate: Tensor, skip: Tensor) -> Tensor:
        mixed = F.relu(self.from_gate(gate) + self.from_skip(skip))
        return skip * torch.sigmoid(self.to_weight(mixed))


class UpStep(nn.Module):
    """One level of the decoder."""

    def __init__(self, channels: int, steps: int) -> None:
        super().__init__()
        self.up = Up(channels)
        self.gate = Gate(channels)
        self.block = Block(2 * channels, channels, steps)

    def forward(self, coarse: Tensor, skip: Tensor) -> Tensor:
        x = self.up(F.interpolate(coarse, scale_factor=2.0, mode="nearest"))
        return self.block(torch.cat([self.gate(x, skip), x], dim=1))


class Net(nn.Module):
    """Attention R2U-Net of five levels, norms folded; what goes in is taken to its own precision."""

    def __init__(self, c_in: int, width: int, steps: int) -> None:
        super().__init__()
        widths = [width * 2**level for level in range(5)]
        ins = [c_in, *widths[:-1]]
        self.encoder = nn.ModuleList([Block(a, b, steps) for a, b in zip(ins, widths)])
        self.decoder = nn.ModuleList([UpStep(c, steps) for c in widths[-2::-1]])
        self.head = nn.Conv2d(width, 3, 1)

    def forward(self, x: Tensor) -> Tensor:
        x = x.to(self.head.weight.dtype)
        skips: List[Tensor] = []
        for level, block in enumerate(self.encoder):
            x = block(x if level == 0 else F.max_pool2d(x, 2))
            skips.append(x)
        for level, up in enumerate(self.decoder):
            x = up(x, skips[3 - level])
        return self.head(x).float()


def encode(linear: Tensor) -> Tensor:
    """Encode linear light as sRGB, clipped to [0, 1]."""
    linear = linear.clamp(0.0, 1.0)
    curve = 1.055 * linear.clamp(min=0.0031308).pow(1.0 / 2.4) - 0.055
    return torch.where(linear <= 0.0031308, linear * 12.92, curve)


def ramp(code: Tensor) -> Tensor:
    """Return the mask: 0 up to code 240, 1 from code 251 of 255."""
    return smoothstep(code, 0.94, 0.985)


def smoothstep(x: Tensor, low: float, high: float) -> Tensor:
    """Rise smoothly from 0 at `low` to 1 at `high`."""
    t = ((x - low) / (high - low)).clamp(0.0, 1.0)
    return t * t * (3.0 - 2.0 * t)


def mirrored(length: int, padded: int, device: torch.device) -> Tensor:
    """Return indices that run to the end and back again, without repeating the ends."""
    period = torch.full([1], max(2 * (length - 1), 1), dtype=torch.long, device=device)  # ONNX wants a tensor
    index = torch.remainder(torch.arange(padded, device=device), period)
    return torch.where(index < length, index, period - index)


def pad(picture: Tensor) -> Tensor:
    """Extend a picture below and to the right by reflection, to multiples of 16."""
    height, width = picture.shape[2], picture.shape[3]
    rows = mirrored(height, (height + 15) // 16 * 16, picture.device)
    columns = mirrored(width, (width + 15) // 16 * 16, picture.device)
    return picture.index_select(2, rows).index_select(3, columns)


def times(matrix: List[List[float]], picture: Tensor) -> Tensor:
    """Apply a 3 x 3 matrix to the channels."""
    return torch.einsum("ij,njhw->nihw", torch.tensor(matrix, device=picture.device), picture)


def along_edges(coarse: Tensor, code: Tensor, factor: int) -> Tensor:
    """Carry gains to full size along the picture's own edges, as the library does.

    `coarse` holds masked stops, mask and code, `9 x h x w`; `code` is the full picture's, `3 x H x W`. A
    pixel takes from the four coarse ones around it, by nearness, likeness and mask; one without mask gets no
    gain.
    """
    same, least_likeness, least_mask = 0.08, 0.02, 0.05  # why: hdrvid/inference/upsample.py
    height, width = code.shape[1], code.shape[2]
    h, w = coarse.shape[1], coarse.shape[2]
    points = (code > 0.94).any(dim=0).reshape(-1).nonzero()[:, 0]
    y = (torch.div(points, width, rounding_mode="floor").float() + 0.5) / factor - 0.5
    x = (torch.remainder(points, width).float() + 0.5) / factor - 0.5
    top, left = y.floor(), x.floor()
    flat = coarse.reshape(9, -1)
    own = code.reshape(3, -1).index_select(1, points)
    total = torch.zeros([6, points.shape[0]], device=code.device)
    weights = torch.zeros([points.shape[0]], device=code.device)
    for down in range(2):
        near_y = y - top if down == 1 else 1.0 - (y - top)
        row = (top.long() + down).clamp(0, h - 1)
        for right in range(2):
            near_x = x - left if right == 1 else 1.0 - (x - left)
            found = flat.index_select(1, row * w + (left.long() + right).clamp(0, w - 1))
            apart = (found[6:] - own).pow(2).sum(dim=0)
            likeness = torch.exp(apart * (-0.5 / same**2)).clamp(min=least_likeness)
            weight = likeness * near_y * near_x
            total = total + found[:6] * weight
            weights = weights + weight
    total = total / weights
    gain = torch.zeros_like(code).reshape(3, -1)
    gain[:, points] = total[:3] / total[3:].clamp(min=least_mask)
    return gain.reshape(3, height, width)


def shared_among_bent(light: Tensor, raised: Tensor, mask: Tensor, shoulder: float) -> Tensor:
    """Share what one channel won among those that a roll-off bent with it, as the library does.

    All are `N x 3 x H x W`; why, and what the numbers are: hdrvid/inference/hue.py.
    """
    bent = torch.max(smoothstep(encode(light), 0.5, 0.9) * min(shoulder, 1.0), mask)
    weights = torch.tensor([0.2126, 0.7152, 0.0722], device=light.device).reshape(1, 3, 1, 1)
    won = (weights * (raised - light)).sum(dim=1, keepdim=True)
    room = (weights * bent * light).sum(dim=1, keepdim=True)
    shared = light * (1.0 + bent * won / room.clamp(min=1.2e-38))
    shared = torch.lerp(shared, raised, mask.min(dim=1, keepdim=True)[0])
    return torch.where(mask.max(dim=1, keepdim=True)[0] > 0, shared, light)


def spread(values: Tensor, weight: Tensor, doublings: int) -> Tensor:
    """Carry weighted values, `N x c x H x W` and `N x 1 x H x W`, to all pixels, as the library does."""
    height, width = values.shape[2], values.shape[3]
    size, nearer = 1 << doublings, 0.3  # why: hdrvid/inference/hue.py
    down, right = (height + size - 1) // size * size - height, (width + size - 1) // size * size - width
    carried = F.pad(torch.cat([weight * values, weight], dim=1), [0, right, 0, down])
    octaves = [carried]
    for _ in range(doublings):
        octaves.append(F.avg_pool2d(octaves[-1], 2))
    total = octaves[doublings]
    for octave in range(doublings):
        total = nearer * F.interpolate(total, scale_factor=2.0, mode="bilinear", align_corners=False)
        total = total + octaves[doublings - 1 - octave]
    total = total[:, :, :height, :width]
    last = total.shape[1] - 1
    return total[:, :last] / total[:, last:].clamp(min=1.2e-38)


def coloured(light: Tensor, mask: Tensor, stops: Tensor, shoulder: float) -> Tensor:
    """Give what clipped in all channels the colour of the pixels around, as the library does.

    All are `N x 3 x H x W`; why, and what the numbers are: hdrvid/inference/hue.py.
    """
    floor = 2.0**-12
    core = mask.amin(dim=1, keepdim=True)
    top = mask.amax(dim=1, keepdim=True)
    gain = mask * stops
    raised = torch.max(light, light.clamp(min=floor) * torch.pow(2.0, gain))
    raised = torch.where(gain > 0, raised, light)
    if shoulder > 0.0:
        raised = shared_among_bent(light, raised, mask, shoulder)
    logs = torch.log2(raised.clamp(min=floor))
    hue = torch.cat([logs[:, :1] - logs[:, 1:2], logs[:, 2:] - logs[:, 1:2]], dim=1)
    weights = torch.tensor([0.2126, 0.7152, 0.0722], device=light.device).reshape(1, 3, 1, 1)
    partly = ((top > 0) & (core < 0.1)).to(light.dtype)
    bright = (weights * light).sum(dim=1, keepdim=True).clamp(0.0, 1.0)
    whole = (top == 0).to(light.dtype) * bright * bright
    around = spread(hue, partly + 0.001 * whole, 5)
    wanted = torch.pow(2.0, hue + core * (0.9 * around - hue))
    wanted = torch.cat([wanted[:, :1], torch.ones_like(core), wanted[:, 1:]], dim=1)
    level = (weights * raised).sum(dim=1, keepdim=True) / (weights * wanted).sum(dim=1, keepdim=True)
    told = torch.log2((level * wanted).clamp(min=floor) / light.clamp(min=floor))
    most = torch.max(stops, told).max(dim=1, keepdim=True)[0]
    return torch.where(core > 0, torch.min((told / mask.clamp(min=floor)).clamp(min=0.0), most), stops)


def filtered(picture: Tensor, down: Tensor, across: Tensor) -> Tensor:
    """Filter every channel with one kernel a direction, without padding."""
    n, c = picture.shape[0], picture.shape[1]
    flat = picture.reshape(n * c, 1, picture.shape[2], picture.shape[3])
    flat = F.conv2d(F.conv2d(flat, down.reshape(1, 1, -1, 1)), across.reshape(1, 1, 1, -1))
    return flat.reshape(n, c, flat.shape[2], flat.shape[3])


def sloped(light: Tensor, mask: Tensor, stops: Tensor) -> Tensor:
    """Carry an even slope on into the clip, as the library does.

    All are `1 x 3 x H x W`; why, and what the numbers are: hdrvid/inference/slope.py.
    """
    floor = 2.0**-12
    height, width = light.shape[2], light.shape[3]
    over = (mask > 0).to(light.dtype)
    small = F.avg_pool2d(light, 4, ceil_mode=True, count_include_pad=False)
    clipped = F.max_pool2d(over, 4, ceil_mode=True)
    place = torch.arange(-2, 3, dtype=light.dtype, device=light.device)
    flat, along = torch.full_like(place, 0.2), place / 10.0
    padded = F.pad(small, [2, 2, 2, 2], mode="replicate")
    mean = filtered(padded, flat, flat)
    across, down = filtered(padded, flat, along), filtered(padded, along, flat)
    off = filtered(padded * padded, flat, flat) - (mean * mean + (across * across + down * down) * 2.0)
    off = off.clamp(min=0.0).sqrt()
    rest = [0, (width + 3) // 4 * 4 - width, 0, (height + 3) // 4 * 4 - height]
    unknown = F.pad(F.max_pool2d(F.pad(over, rest, value=1.0), 4), [2, 2, 2, 2], value=1.0)
    near = (1.0 - F.max_pool2d(unknown, 5, stride=1)) * F.max_pool2d(clipped, 13, stride=1, padding=6)
    steep = torch.sqrt(across * across + down * down)
    even = near * (1.0 - smoothstep(off, 0.002, 0.004)) * smoothstep(5.0 * steep / (off + 0.001), 2.0, 4.0)
    even = even * (mean + 8.0 * steep >= 0.85).to(light.dtype)
    y = torch.arange(small.shape[2], dtype=light.dtype, device=light.device).reshape(1, 1, -1, 1)
    x = torch.arange(small.shape[3], dtype=light.dtype, device=light.device).reshape(1, 1, 1, -1)
    planes = torch.stack([mean - across * x - down * y, across, down, torch.ones_like(mean)], dim=2)
    weight = F.avg_pool2d(near, 4, ceil_mode=True, count_include_pad=False)[0][:, None]  # 3 x 1 x h x w
    values = (planes * even[:, :, None] * near[:, :, None])[0]  # 3 x 4 x h' x w'
    values = F.avg_pool2d(values, 4, ceil_mode=True, count_include_pad=False) / weight.clamp(min=floor)
    cells = spread(values, weight, 7)
    cells = torch.cat([cells[:, :3] / cells[:, 3:].clamp(min=floor), cells[:, 3:]], dim=1)
    fine = F.interpolate(cells, scale_factor=16.0, mode="bilinear", align_corners=False)
    fine = fine[:, :, :height, :width]
    rows = ((torch.arange(height, dtype=light.dtype, device=light.device) + 0.5) / 4.0 - 0.5).reshape(-1, 1)
    columns = (torch.arange(width, dtype=light.dtype, device=light.device) + 0.5) / 4.0 - 0.5
    risen = fine[:, 0] + fine[:, 1] * columns + fine[:, 2] * rows
    given_up = smoothstep(fine[:, 3], 0.6, 0.95) * (1.0 - smoothstep(light[0] - risen, 0.02, 0.05)) * over[0]
    share = given_up * mask[0]
    level = (share * stops[0]).sum(dim=[1, 2], keepdim=True)
    level = level / share.sum(dim=[1, 2], keepdim=True).clamp(min=floor)
    level = 1.5 * level.clamp(min=0.25)
    slope = torch.log2((risen / light[0].clamp(min=0.5)).clamp(min=1.0))
    evenly = level * (1.0 - torch.exp(-slope / level)) / mask[0].clamp(min=floor)
    return torch.lerp(stops[0], torch.minimum(evenly, level), given_up)[None]


class Stops(nn.Module):
    """C: the stops of gain of a linear picture with the clip point at 1."""

    def __init__(self, spec: Dict[str, Any]) -> None:
        super().__init__()
        self.has_shoulder = bool(spec["shoulder"])
        self.is_stops = spec["formulation"] == "stops"
        self.max_stops = float(spec["max_stops"])
        self.floor = 2.0**-12
        features = 7 if self.has_shoulder else 6
        steps = int(spec["steps"])
        self.C = Net(features, int(spec["width"]), steps)

    def forward(self, source: Tensor, shoulder: float) -> Tensor:
        height, width = source.shape[2], source.shape[3]
        source = pad(source)
        code = encode(source)
        parts = [2.0 * code - 1.0, 2.0 * ramp(code) - 1.0]
        if self.has_shoulder:
            parts.append(torch.full_like(source[:, :1], shoulder / 4.0))
        x = torch.cat(parts, dim=1)
        light = torch.log2(source.clamp(min=self.floor))
        stops = self.C(x)
        if not self.is_stops:
            radiance = torch.expm1(torch.sigmoid(stops) * 8.517393171418904) / 5000.0  # log1p(5000)
            darkest = self.floor * 2.0**-self.max_stops
            stops = torch.log2(radiance.clamp(min=darkest)) + self.max_stops - light
        return stops[:, :, :height, :width].clamp(0.0, self.max_stops)


class Expansion(nn.Module):
    """What Nuke's Inference node runs: `1 x 3 x H x W` scene-linear in, `1 x 4 x H x W` out, mask last.

    The attributes are knobs. `working_acescg`: the picture has the primaries of ACEScg, not of Rec.709.
    `quality`: which of `long_sides` the network sees at most of the longer side, where 0 is all of it; the
    exporter writes them. `gain` is in stops; a `max` of 0 is no limit. `shoulder` is how many stops the
    camera rolled its highlights off; `keep_known` keeps all channels below the clip all the same.
    """

    clip_point: float
    gain: float
    mix: float
    max: float
    shoulder: float
    keep_known: bool
    quality: int
    working_acescg: bool

    def __init__(self, spec: Dict[str, Any], long_sides: List[int], quality: int) -> None:
        super().__init__()
        self.stops = Stops(spec)
        self.long_sides: List[int] = long_sides
        self.clip_point = 1.0
        self.gain = 0.0
        self.mix = 1.0
        self.max = 0.0
        self.shoulder = 0.0
        self.keep_known = False
        self.quality = quality
        self.working_acescg = False
        self.into: List[List[float]] = REC709_FROM_ACESCG
        self.back: List[List[float]] = ACESCG_FROM_REC709

    def forward(self, image: Tensor) -> Tensor:
        source = image[:, :3].float()
        light = times(self.into, source) if self.working_acescg else source
        light = light / self.clip_point
        mask = ramp(encode(light))
        gain = mask * self.gain_of(light)
        raised = torch.max(light, light.clamp(min=2.0**-12) * torch.pow(2.0, gain))
        raised = torch.where(gain > 0, raised, light)
        if self.shoulder > 0.0 and not self.keep_known:
            raised = shared_among_bent(light, raised, mask, self.shoulder)
        added = (raised - light) * self.clip_point
        if self.working_acescg:
            added = times(self.back, added)
        added = added * 2.0**self.gain
        if self.max > 0:
            added = torch.min(added, (self.max - source).clamp(min=0.0))
        picture = (source + self.mix * added).clamp(-65504.0, 65504.0)
        return torch.cat([picture, mask.max(dim=1, keepdim=True)[0]], dim=1).to(image.dtype)

    def gain_of(self, light: Tensor) -> Tensor:
        height, width = light.shape[2], light.shape[3]
        factor = self.reduction(height, width)
        shoulder = 0.0 if self.keep_known else self.shoulder
        if factor == 1:
            return self.around(light, ramp(encode(light)), shoulder)
        small = F.avg_pool2d(light, factor, ceil_mode=True, count_include_pad=False)
        code = encode(small)
        mask = ramp(code)
        stops = self.around(small, mask, shoulder)
        coarse = torch.cat([mask * stops, mask, code], dim=1)[0]
        return along_edges(coarse, encode(light)[0], factor)[None]

    def around(self, light: Tensor, mask: Tensor, shoulder: float) -> Tensor:
        stops = coloured(light, mask, self.stops(light, self.shoulder), shoulder)
        return stops if self.shoulder > 0.0 else sloped(light, mask, stops)

    def reduction(self, height: int, width: int) -> int:
        longest = height if height > width else width
        limit = self.long_sides[min(max(self.quality, 0), len(self.long_sides) - 1)]
        if limit <= 0:
            return 1
        return max(4 if longest >= 1280 else 1, (2 * longest + limit) // (2 * limit))


class Full(nn.Module):
    """The same at the plate's own size and with all knobs at rest, for formats without knobs."""

    def __init__(self, expansion: Expansion) -> None:
        super().__init__()
        self.stops = expansion.stops

    def forward(self, image: Tensor) -> Tensor:
        mask = ramp(encode(image))
        gain = mask * sloped(image, mask, coloured(image, mask, self.stops(image, 0.0), 0.0))
        raised = torch.max(image, image.clamp(min=2.0**-12) * torch.pow(2.0, gain))
        picture = torch.where(gain > 0, raised, image)
        return torch.cat([picture, mask.amax(dim=1, keepdim=True)], dim=1)


def build(packed: Dict[str, Any]) -> Expansion:
    """Build the model from what the exporter packed: spec as JSON, tensors, sizes, the quality at rest."""
    model = Expansion(json.loads(packed["spec"]), packed["long_sides"], packed["quality"])
    model.stops.load_state_dict(packed["tensors"])
    return model.eval()


if __name__ == "__main__":
    torch.jit.script(build(torch.load(sys.argv[1]))).save(sys.argv[2])
