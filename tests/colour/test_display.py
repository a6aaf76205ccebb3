from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from hdrvid.colour import open_config, resolve_display
from hdrvid.errors import ColourSpaceError, ShapeError
from hdrvid.plate import Planes
from tests.colour.configs import HOUSE, write_config

CONFIG = open_config("ocio://studio-config-v2.2.0_aces-v1.3_ocio-v2.4")


def _grey(value: float) -> Planes:
    return np.full((3, 2, 3), value, np.float32)


@pytest.mark.parametrize("space", ["ACEScg", "lin_rec709", "lin_rec2020"])
def test_without_a_choice_grey_is_shown_by_the_plain_srgb_curve(space: str) -> None:
    show = resolve_display(CONFIG, space)

    assert (show.display, show.view) == ("sRGB - Display", "Un-tone-mapped")
    for light, code in [(0.0, 0.0), (0.18, 0.4614), (0.5, 0.7354), (1.0, 1.0)]:
        np.testing.assert_allclose(show(_grey(light)), code, atol=2e-4)


def test_light_above_white_is_left_for_the_caller_to_clip() -> None:
    assert resolve_display(CONFIG, "ACEScg")(_grey(4.0)).min() > 1.5


def test_the_picture_that_is_shown_is_not_changed() -> None:
    picture = _grey(0.18)

    shown = resolve_display(CONFIG, "ACEScg")(picture)

    assert shown is not picture
    assert np.all(picture == np.float32(0.18))


def test_a_picture_that_is_a_view_is_shown_as_it_looks() -> None:
    ramp = np.tile(np.linspace(0, 1, 8, dtype=np.float32), (3, 4, 1))
    show = resolve_display(CONFIG, "lin_rec709")

    np.testing.assert_allclose(show(ramp[:, :, ::-1]), show(ramp)[:, :, ::-1], atol=1e-6)


def test_a_display_and_a_view_of_the_config_can_be_chosen() -> None:
    show = resolve_display(
        CONFIG, "ACEScg", display="Rec.1886 Rec.709 - Display", view="ACES 1.0 - SDR Video"
    )

    white = show(_grey(1.0))

    assert 0.7 < white.mean() < 0.9  # tone mapped: white of the scene is not white of the display
    assert (show.display, show.view) == ("Rec.1886 Rec.709 - Display", "ACES 1.0 - SDR Video")


def test_a_display_alone_is_shown_through_its_default_view() -> None:
    assert resolve_display(CONFIG, "ACEScg", display="sRGB - Display").view == "ACES 1.0 - SDR Video"


def test_a_view_alone_is_that_of_the_default_display() -> None:
    assert resolve_display(CONFIG, "ACEScg", view="Un-tone-mapped").display == "sRGB - Display"


@pytest.mark.parametrize(
    ("display", "view", "what"),
    [
        ("no such display", None, "display 'no such display': not in the OCIO config"),
        ("sRGB - Display", "no such view", "view 'no such view': not of the display 'sRGB - Display'"),
    ],
)
def test_a_display_or_view_that_is_not_there_is_named_beside_those_that_are(
    display: str, view: str | None, what: str
) -> None:
    with pytest.raises(ColourSpaceError, match=what) as caught:
        resolve_display(CONFIG, "ACEScg", display=display, view=view)

    assert "expected one of" in str(caught.value)


def test_an_unknown_space_is_named_with_the_nearest() -> None:
    with pytest.raises(ColourSpaceError, match="Did you mean 'ACEScg'"):
        resolve_display(CONFIG, "ACEScgg")


def test_a_facilitys_working_space_is_shown_by_our_plain_view(tmp_path: Path) -> None:
    config = open_config(write_config(tmp_path, HOUSE))

    np.testing.assert_allclose(resolve_display(config, "house_working")(_grey(0.18)), 0.4614, atol=2e-4)


def test_planes_of_another_type_are_refused() -> None:
    with pytest.raises(ShapeError, match="expected contiguous"):
        resolve_display(CONFIG, "ACEScg")(np.zeros((3, 2, 2)))  # type: ignore[arg-type]
