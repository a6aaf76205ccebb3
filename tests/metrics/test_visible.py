"""ColorVideoVDP is an optional extra: used if it is there, asked for by name if not."""

from __future__ import annotations

from importlib.util import find_spec

import numpy as np
import pytest

from hdrvid.errors import UsageError
from hdrvid.metrics.visible import colour_video_vdp

IS_THERE = find_spec("pycvvdp") is not None


@pytest.mark.skipif(IS_THERE, reason="cvvdp is installed")
def test_without_the_package_the_error_says_how_to_get_it() -> None:
    with pytest.raises(UsageError, match=r"pip install 'hdrvid\[evaluation\]'"):
        colour_video_vdp()


@pytest.mark.skipif(not IS_THERE, reason="needs the optional package cvvdp")
def test_equal_pictures_show_no_difference_and_others_do() -> None:
    light = np.random.default_rng(0).uniform(1, 100, (64, 64, 3)).astype(np.float32)
    judge = colour_video_vdp()

    assert judge(light, light) == pytest.approx(10.0, abs=0.01)
    assert judge(light * 0.5, light) < 9.5
