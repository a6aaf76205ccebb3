"""What a picture's header says of its colour is believed in a fixed order."""

from __future__ import annotations

from typing import Any

import OpenImageIO
import pytest

from hdrvid.errors import NotSdr, PlateError
from hdrvid.plate import Decision
from hdrvid.sources.image_colour import decide_image_colour


def spec(**facts: Any) -> OpenImageIO.ImageSpec:
    header = OpenImageIO.ImageSpec(4, 4, 3, "uint8")
    for name, value in facts.items():
        if name == "CICP":
            header.attribute(name, OpenImageIO.TypeDesc("int[4]"), value)
        else:
            header.attribute(name.replace("__", ":"), value)
    return header


def decide(*, is_float: bool = False, file_format: str = "png", **facts: Any) -> tuple[Decision, Decision]:
    return decide_image_colour(spec(**facts), file_format=file_format, is_float=is_float, where="a.png")


@pytest.mark.parametrize(
    ("space", "transfer", "primaries"),
    [
        ("srgb_rec709_scene", "srgb", "bt709"),
        ("srgb_rec709_display", "srgb", "bt709"),
        ("srgb_p3d65_scene", "srgb", "p3-d65"),
        ("g22_rec709_scene", "gamma22", "bt709"),
        ("g24_rec709_display", "gamma24", "bt709"),
        ("lin_rec2020_scene", "linear", "bt2020"),
        ("sRGB", "srgb", "bt709"),
        ("ACEScg", "linear", "ap1"),
        ("lin_rec709", "linear", "bt709"),
    ],
)
def test_known_space_names_decide_both(space: str, transfer: str, primaries: str) -> None:
    found = decide(oiio__ColorSpace=space)

    assert [(d.value, d.origin) for d in found] == [(transfer, "tag"), (primaries, "tag")]


@pytest.mark.parametrize("space", ["KodakLog", "arri_logc4_awg4", "g18_rec709_scene"])
def test_an_unknown_space_is_named_in_the_assumption(space: str) -> None:
    transfer, _ = decide(oiio__ColorSpace=space, file_format="dpx")

    assert (transfer.value, transfer.origin) == ("srgb", "assumed")
    assert space in transfer.reason


@pytest.mark.parametrize(
    ("profile", "expected"),
    [
        ("Display P3", ("srgb", "p3-d65", "tag")),
        ("sRGB IEC61966-2.1", ("srgb", "bt709", "tag")),
        ("Rec. 709 Gamma", ("bt709", "bt709", "tag")),
        ("Adobe RGB (1998)", ("srgb", "bt709", "assumed")),
    ],
)
def test_an_icc_profile_goes_before_the_habit_of_the_format(
    profile: str, expected: tuple[str, str, str]
) -> None:
    transfer, primaries = decide(
        oiio__ColorSpace="srgb_rec709_scene", ICCProfile__profile_description=profile
    )

    assert (transfer.value, primaries.value, primaries.origin) == expected
    assert profile in primaries.reason


def test_code_points_go_before_a_profile() -> None:
    transfer, primaries = decide(CICP=(12, 13, 0, 1), ICCProfile__profile_description="sRGB")

    assert (transfer.value, primaries.value) == ("srgb", "p3-d65")


@pytest.mark.parametrize("space", ["pq_rec2020_display", "hlg_rec2020_display"])
@pytest.mark.parametrize("is_float", [False, True])
def test_hdr_spaces_are_refused(space: str, *, is_float: bool) -> None:
    with pytest.raises(NotSdr, match=r"a\.png: carries an HDR signal"):
        decide(oiio__ColorSpace=space, is_float=is_float)


def test_logarithmic_code_points_are_refused() -> None:
    with pytest.raises(PlateError, match="transfer log"):
        decide(CICP=(1, 9, 0, 1))


@pytest.mark.parametrize(("file_format", "origin"), [("openexr", "tag"), ("hdr", "tag"), ("tiff", "assumed")])
def test_float_pictures_are_linear(file_format: str, origin: str) -> None:
    transfer, primaries = decide(is_float=True, file_format=file_format)

    assert (transfer.value, transfer.origin) == ("linear", origin)
    assert (primaries.value, primaries.origin) == ("bt709", "assumed")


def test_a_profile_does_not_make_a_float_picture_encoded() -> None:
    transfer, _ = decide(is_float=True, file_format="tiff", ICCProfile__profile_description="sRGB")

    assert transfer.value == "linear"
