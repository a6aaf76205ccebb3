"""What a generator is made of, as a value: the two sizes that this project ships or reproduces."""

from __future__ import annotations

import dataclasses
import json
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Literal, get_args

NetName = Literal["L", "C", "R", "mask", "noise"]
Norm = Literal["step", "shared", "none"]
Formulation = Literal["stops", "mu-law"]
Response = Literal["shot", "pixel"]

NET_NAMES: tuple[NetName, ...] = get_args(NetName)
SIZE_MULTIPLE = 16
"""Both sides of what a network sees are multiples of this: four halvings."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GeneratorSpec:
    """The architecture of the generator and the meaning of its output.

    Two specs that are equal build networks with equal state-dict keys and shapes.
    """

    width: int
    """Channels of the first level; the levels have w, 2w, 4w, 8w, 16w."""
    steps: int
    """Recurrence t of the recurrent convolution, which runs its kernel t + 1 times."""
    norm: Norm
    """Batch norm for each recurrence step, one shared by all steps (as published), or none."""
    recurrent: bool = True
    """False gives two plain convolutions in each block (an ablation of the paper's Table 2)."""
    attention: bool = True
    """False passes the skip connections through ungated (an ablation of the paper's Table 2)."""
    nets: tuple[NetName, ...] = ("C",)
    """The trained parts: linearisation L, correction C, refinement R, the learned mask, and L's noise."""
    formulation: Formulation = "stops"
    """C predicts stops of gain over the source, or (the paper) mu-law radiance in [0, 2^max_stops]."""
    response: Response = "shot"
    """What L says of pixels becomes one curve of the code for the picture, or (the paper) stays their own."""
    max_stops: float = 8.0
    """Nothing is predicted further above the clip point than this, in stops."""
    shoulder: bool = True
    """C and R see the shot's highlight roll-off, in stops, as one constant input channel."""
    mask_width: int = 8
    """Channels of the first of the three levels of the mask network."""
    patch_base: int = 0
    """Channels of the first layer of the PatchGAN that trains it; 0 for none."""
    gan_weight: float = 0.0
    """Weight of the adversarial term against 1.0 for the reconstruction."""

    def __post_init__(self) -> None:
        """Refuse what cannot be built."""
        if self.width < 1 or self.mask_width < 1 or self.steps < 0:
            raise ValueError(
                f"generator spec: width {self.width}, mask width {self.mask_width}, steps {self.steps}; "
                "expected widths of 1 or more and steps of 0 or more. Mend the spec."
            )
        if not set(self.nets) <= set(NET_NAMES):
            raise ValueError(
                f"generator spec: nets {self.nets}; expected some of {NET_NAMES}. Mend the spec."
            )

    def to_json(self) -> str:
        """Write the spec as one line of JSON, with stable key order.

        >>> GeneratorSpec.from_json(SPECS["compact"].to_json()) == SPECS["compact"]
        True
        """
        return json.dumps(dataclasses.asdict(self), sort_keys=True)

    @classmethod
    def from_json(cls, text: str) -> GeneratorSpec:
        """Read what `to_json` wrote; unknown or missing keys raise `ValueError`.

        >>> GeneratorSpec.from_json('{"width": 4, "steps": 1, "norm": "step", "nets": ["C", "mask"]}').nets
        ('C', 'mask')
        """
        try:
            values: dict[str, Any] = json.loads(text)
            return cls(**{**values, "nets": tuple(values["nets"])})
        except (TypeError, KeyError) as error:
            raise ValueError(
                f"generator spec {text[:60]!r}: {error}; expected the keys of GeneratorSpec. "
                "Use a file written by this version."
            ) from error


SPECS = MappingProxyType(
    {
        "paper": GeneratorSpec(
            width=64,
            steps=2,
            norm="shared",
            nets=("L", "C", "R", "mask"),
            formulation="mu-law",
            response="pixel",
            shoulder=False,
            patch_base=64,
            gan_weight=0.01,
        ),
        "compact": GeneratorSpec(width=16, steps=1, norm="step", nets=("L", "C", "R", "mask", "noise")),
    }
)
"""The named specs: `paper` as published, `compact` as shipped."""
