"""ColorVideoVDP is an optional extra: used if it is there, asked for by name if not."""

from __future__ import annotations

from importlib.util import find_spec

import numpy as np
import pytest

from hdrvid.errors import UsageError
from hdrvid.metrics.visible import colour_video_vdp
from tests.evaluation.material import light_of

IS_THERE = find_spec("pycvvdp") is not None


@pytest.mark.skipif(IS_THERE, reason="cvvdp is installed")
def test_without_the_package_the_error_says_how_to_get_it() -> None:
    with pytest.raises(UsageError, match=r"pip install 'hdrvid\[evaluation\]'"):
        colour_video_vdp()


@pytest.mark.skipif(not IS_THERE, reason="needs the optional package cvvdp")
def test_equal_pictures_show_no_difference_and_others_do() -> None:
    light = light_of(180, 240) * 100
    judge = colour_video_vdp()

    assert judge(light, light) == pytest.approx(10.0, abs=0.01)
    assert judge(np.minimum(light, 100), light) == pytest.approx(6.06, abs=0.1)  # measured with cvvdp 0.5.7
