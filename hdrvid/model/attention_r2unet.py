"""Attention R2U-Net (Alom et al. 2018, Oktay et al. 2018), the network of L, C and R in HDR-cGAN."""

from __future__ import annotations

from typing import cast

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from hdrvid.model.spec import GeneratorSpec, Norm

LEVELS = 5
MOMENTUM = 0.02
"""Of the running statistics. Small: crops of a picture are few and unlike each other."""
MOST_SCALE, MOST_SHIFT = 3.0, 5.0
"""How far a batch may lie from the running statistics before it counts by its own (Ioffe 2017, section 4)."""


class SteadyNorm(nn.BatchNorm2d):
    """Batch norm whose output in training is that of inference: batch renormalisation (Ioffe 2017, Eq. 7-10).

    A picture is normalised by the running statistics, while the gradient flows through those of the batch.
    Plain batch norm hides from the network what is constant in a small batch (its shoulder); norms frozen
    early let the coarse levels drift until they die. Both were met (docs/model-card.md, log of runs).
    """

    def forward(self, x: Tensor) -> Tensor:
        """Return `(N, c, h, w)` normalised; in training the running statistics follow the batch.

        >>> x = torch.linspace(1, 3, 1000).view(1, 1, 10, 100)
        >>> torch.allclose(SteadyNorm(1, momentum=0.02)(x), x, atol=0.01)  # in training mode
        True
        """
        if not self.training or self.running_mean is None or self.running_var is None or not self.momentum:
            return super().forward(x)
        mean, var = self.running_mean.clone(), self.running_var.clone()
        y = F.batch_norm(
            x, self.running_mean, self.running_var, training=True, momentum=self.momentum, eps=self.eps
        )
        with torch.no_grad():  # the batch's statistics, from how far they have moved the running ones
            batch_mean = mean + (self.running_mean - mean) / self.momentum
            batch_var = (var + (self.running_var - var) / self.momentum).clamp_min(0)
            scale = ((batch_var + self.eps) / (var + self.eps)).sqrt().clamp(1 / MOST_SCALE, MOST_SCALE)
            shift = ((batch_mean - mean) / (var + self.eps).sqrt()).clamp(-MOST_SHIFT, MOST_SHIFT)
        weight = (self.weight * scale).view(1, -1, 1, 1).to(y.dtype)
        bias = (self.weight * shift + self.bias).view(1, -1, 1, 1).to(y.dtype)
        return torch.addcmul(bias, y, weight)


def _norm(channels: int, norm: Norm) -> nn.Module:
    return nn.Identity() if norm == "none" else SteadyNorm(channels, momentum=MOMENTUM)


class NormedConv(nn.Module):
    """A convolution of odd kernel size followed by its norm: `(N, c_in, h, w)` to `(N, c_out, h, w)`."""

    def __init__(self, c_in: int, c_out: int, kernel: int, norm: Norm) -> None:
        """Build the pair; kernel is odd."""
        super().__init__()
        self.conv = nn.Conv2d(c_in, c_out, kernel, padding=kernel // 2)
        self.norm = _norm(c_out, norm)

    def forward(self, x: Tensor) -> Tensor:
        """Return the normalised response.

        >>> NormedConv(3, 8, 3, "shared")(torch.zeros(1, 3, 5, 7)).shape
        torch.Size([1, 8, 5, 7])
        """
        return cast("Tensor", self.norm(self.conv(x)))


class RecurrentConv(nn.Module):
    """One 3x3 kernel applied t + 1 times: x1 = f(x), then t times x1 = f(x + x1), with f = ReLU(norm(conv)).

    The steps see different distributions, so each may have a norm of its own (`norm="step"`); the kernel is
    shared in any case. Shapes stay `(N, c, h, w)`.
    """

    def __init__(self, channels: int, recurrences: int, norm: Norm) -> None:
        """Build one kernel, and as many norms as `norm` says."""
        super().__init__()
        self.recurrences = recurrences
        self.conv = nn.Conv2d(channels, channels, 3, padding=1)
        self.norms = nn.ModuleList(
            _norm(channels, norm) for _ in range(recurrences + 1 if norm == "step" else 1)
        )

    def step(self, x: Tensor, index: int) -> Tensor:
        """Apply f of one recurrence step.

        >>> conv = RecurrentConv(1, 2, "none")
        >>> _ = nn.init.dirac_(conv.conv.weight), nn.init.zeros_(conv.conv.bias)
        >>> conv.step(torch.tensor([[[[-1.0, 2.0]]]]), 0).tolist()
        [[[[0.0, 2.0]]]]
        """
        norm = self.norms[min(index, len(self.norms) - 1)]
        return F.relu(norm(self.conv(x)), inplace=True)

    def forward(self, x: Tensor) -> Tensor:
        """Return the state after the last recurrence.

        A kernel that changes nothing adds the input once more in each step:

        >>> conv = RecurrentConv(1, 2, "none")
        >>> _ = nn.init.dirac_(conv.conv.weight), nn.init.zeros_(conv.conv.bias)
        >>> conv(torch.tensor([[[[-1.0, 2.0]]]])).tolist()
        [[[[0.0, 6.0]]]]
        """
        state = self.step(x, 0)
        for index in range(1, self.recurrences + 1):
            state = self.step(x + state, index)
        return state


class FoldedRecurrentConv(nn.Module):
    """A `RecurrentConv` for inference: each step's norm is folded into a copy of the kernel."""

    def __init__(self, convs: list[nn.Conv2d]) -> None:
        """Take one folded kernel for each step."""
        super().__init__()
        self.convs = nn.ModuleList(convs)

    def forward(self, x: Tensor) -> Tensor:
        """Return the state after the last recurrence."""
        state = F.relu(self.convs[0](x), inplace=True)
        for conv in self.convs[1:]:
            state = F.relu(conv(x + state), inplace=True)
        return state


class Block(nn.Module):
    """The unit of each level: `(N, c_in, h, w)` to `(N, c_out, h, w)`.

    Recurrent: a 1x1 convolution to the new width, then two recurrent convolutions with the identity around
    the pair. Plain: two 3x3 convolutions, each with norm and ReLU.
    """

    def __init__(self, c_in: int, c_out: int, spec: GeneratorSpec) -> None:
        """Build what the spec says: recurrent, or plain."""
        super().__init__()
        self.enter = nn.Conv2d(c_in, c_out, 1) if spec.recurrent else nn.Identity()
        first = (
            RecurrentConv(c_out, spec.steps, spec.norm)
            if spec.recurrent
            else PlainConv(c_in, c_out, spec.norm)
        )
        second = (
            RecurrentConv(c_out, spec.steps, spec.norm)
            if spec.recurrent
            else PlainConv(c_out, c_out, spec.norm)
        )
        self.pair = nn.Sequential(first, second)
        self.residual = spec.recurrent

    def forward(self, x: Tensor) -> Tensor:
        """Return the level's features.

        >>> Block(3, 8, GeneratorSpec(width=8, steps=1, norm="shared"))(torch.zeros(1, 3, 4, 4)).shape
        torch.Size([1, 8, 4, 4])
        """
        x = self.enter(x)  # (N, c_out, h, w)
        return x + self.pair(x) if self.residual else cast("Tensor", self.pair(x))


class PlainConv(nn.Module):
    """A 3x3 convolution, its norm and a ReLU."""

    def __init__(self, c_in: int, c_out: int, norm: Norm) -> None:
        """Build the convolution and its norm."""
        super().__init__()
        self.normed = NormedConv(c_in, c_out, 3, norm)

    def forward(self, x: Tensor) -> Tensor:
        """Return non-negative features, `(N, c_out, h, w)`."""
        return F.relu(self.normed(x), inplace=True)


class AttentionGate(nn.Module):
    """Weigh a skip connection by what the coarser level knows (Oktay et al. 2018): `(N, c, h, w)` each."""

    def __init__(self, channels: int, norm: Norm) -> None:
        """Build three 1x1 convolutions; the inner width is half."""
        super().__init__()
        inner = max(channels // 2, 1)
        self.from_gate = NormedConv(channels, inner, 1, norm)
        self.from_skip = NormedConv(channels, inner, 1, norm)
        self.to_weight = NormedConv(inner, 1, 1, norm)

    def forward(self, gate: Tensor, skip: Tensor) -> Tensor:
        """Return the skip connection times a weight in (0, 1) for each pixel.

        >>> gate, skip = torch.randn(1, 4, 2, 2), torch.ones(1, 4, 2, 2)
        >>> weighed = AttentionGate(4, "none")(gate, skip)
        >>> bool((weighed > 0).all()), bool((weighed < skip).all())
        (True, True)
        """
        mixed = F.relu(self.from_gate(gate) + self.from_skip(skip), inplace=True)  # (N, c / 2, h, w)
        return skip * torch.sigmoid(self.to_weight(mixed))


class UpStep(nn.Module):
    """One level of the decoder: `(N, 2c, h, w)` and a skip `(N, c, 2h, 2w)` to `(N, c, 2h, 2w)`."""

    def __init__(self, channels: int, spec: GeneratorSpec) -> None:
        """Build one level of `channels` channels."""
        super().__init__()
        self.up = PlainConv(2 * channels, channels, spec.norm)
        self.gate = AttentionGate(channels, spec.norm) if spec.attention else None
        self.block = Block(2 * channels, channels, spec)

    def forward(self, coarse: Tensor, skip: Tensor) -> Tensor:
        """Return the features of the finer level.

        >>> step = UpStep(4, GeneratorSpec(width=4, steps=1, norm="shared"))
        >>> step(torch.zeros(1, 8, 2, 3), torch.zeros(1, 4, 4, 6)).shape
        torch.Size([1, 4, 4, 6])
        """
        x = self.up(F.interpolate(coarse, scale_factor=2, mode="nearest"))  # (N, c, 2h, 2w)
        skip = skip if self.gate is None else self.gate(x, skip)
        return cast("Tensor", self.block(torch.cat([skip, x], dim=1)))


class AttentionR2UNet(nn.Module):
    """Attention R2U-Net: `(N, c_in, h, w)` to `(N, c_out, h, w)`; h and w are multiples of 2^(levels - 1).

    The last 1x1 convolution starts at zero, so that an untrained network says nothing instead of noise.
    """

    def __init__(self, c_in: int, c_out: int, spec: GeneratorSpec, *, levels: int = LEVELS) -> None:
        """Build `levels` levels of widths w, 2w, 4w ..."""
        super().__init__()
        widths = [spec.width * 2**level for level in range(levels)]
        self.encoder = nn.ModuleList(Block(a, b, spec) for a, b in zip([c_in, *widths], widths, strict=False))
        self.decoder = nn.ModuleList(UpStep(width, spec) for width in reversed(widths[:-1]))
        self.head = nn.Conv2d(spec.width, c_out, 1)
        nn.init.zeros_(self.head.weight)
        nn.init.zeros_(cast("Tensor", self.head.bias))

    def forward(self, x: Tensor) -> Tensor:
        """Return the head's response, without an activation.

        >>> net = AttentionR2UNet(3, 3, GeneratorSpec(width=2, steps=1, norm="shared"))
        >>> said = net(torch.rand(1, 3, 32, 16)).detach()  # untrained
        >>> said.shape, float(said.abs().max())
        (torch.Size([1, 3, 32, 16]), 0.0)
        """
        skips: list[Tensor] = []
        for level, block in enumerate(self.encoder):
            x = block(x if level == 0 else F.max_pool2d(x, 2))  # (N, w 2^level, h / 2^level, w / 2^level)
            skips.append(x)
        for up, skip in zip(self.decoder, reversed(skips[:-1]), strict=True):
            x = up(x, skip)
        return cast("Tensor", self.head(x))


def fold_norms(module: nn.Module) -> None:
    """Fold every batch norm below `module` into its convolution, in place, for inference.

    In eval mode a batch norm is a constant affine map, so the result is the same up to rounding. What is
    folded cannot be trained any more.

    >>> block, x = Block(3, 4, GeneratorSpec(width=4, steps=1, norm="step")).eval(), torch.rand(1, 3, 8, 8)
    >>> before = block(x)
    >>> fold_norms(block)
    >>> torch.allclose(block(x), before, atol=1e-5), type(block.pair[0]).__name__
    (True, 'FoldedRecurrentConv')
    """
    for name, child in list(module.named_children()):
        if isinstance(child, RecurrentConv):
            folded = [
                folded_conv(child.conv, child.norms[min(i, len(child.norms) - 1)])
                for i in range(child.recurrences + 1)
            ]
            setattr(module, name, FoldedRecurrentConv(folded))
        elif isinstance(child, NormedConv):
            setattr(module, name, folded_conv(child.conv, child.norm))
        else:
            fold_norms(child)


def folded_conv(conv: nn.Conv2d, norm: nn.Module) -> nn.Conv2d:
    """Return one convolution that equals `norm(conv(x))` in eval mode.

    >>> conv, norm, x = nn.Conv2d(1, 2, 3, padding=1), nn.BatchNorm2d(2).eval(), torch.rand(1, 1, 4, 4)
    >>> norm.running_var *= 4
    >>> torch.allclose(folded_conv(conv, norm)(x), norm(conv(x)), atol=1e-5)
    True
    """
    kernel = conv.weight.shape[-1]
    folded = nn.Conv2d(conv.in_channels, conv.out_channels, kernel, padding=kernel // 2)
    folded.load_state_dict(conv.state_dict())
    if isinstance(norm, nn.BatchNorm2d):
        mean, variance = cast("Tensor", norm.running_mean), cast("Tensor", norm.running_var)
        scale = (norm.weight.double() / torch.sqrt(variance.double() + norm.eps)).detach()  # (c_out,)
        weight, bias = conv.weight.detach().double(), cast("Tensor", conv.bias).detach().double()
        kernels = weight * scale[:, None, None, None]
        folded.load_state_dict({"weight": kernels, "bias": (bias - mean) * scale + norm.bias.detach()})
    return folded.requires_grad_(requires_grad=False)
