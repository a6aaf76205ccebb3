"""Each tag is taken from the option, else the file, else assumed with a reason."""

from __future__ import annotations

import pytest

from hdrvid.errors import NotSdr, OptionError, PlateError
from hdrvid.plate import ENCODINGS
from hdrvid.sources.tags import (
    VideoTags,
    decide_encoding,
    decide_matrix,
    decide_primaries,
    decide_range,
    refuse_hdr,
)

HD, SD, PAL = (1080, 1920), (480, 720), (576, 720)


@pytest.mark.parametrize(
    ("tag", "name"), [(1, "bt709"), (5, "bt601"), (6, "bt601"), (9, "bt2020"), (7, "smpte240m"), (4, "fcc")]
)
def test_a_tagged_matrix_is_taken_at_every_size(tag: int, name: str) -> None:
    for size in (HD, SD):
        decision = decide_matrix(tag, size=size, option="auto")

        assert (decision.value, decision.origin) == (name, "tag")


@pytest.mark.parametrize(
    ("size", "name"),
    [
        pytest.param((1080, 1920), "bt709", id="HD"),
        pytest.param((720, 960), "bt709", id="720 lines"),
        pytest.param((536, 1280), "bt709", id="1280 columns of a wide picture"),
        pytest.param((480, 720), "bt601", id="NTSC"),
        pytest.param((576, 720), "bt601", id="PAL"),
        pytest.param((540, 960), "bt601", id="960x540"),
    ],
)
def test_an_untagged_matrix_follows_the_size_and_says_so(size: tuple[int, int], name: str) -> None:
    decision = decide_matrix(2, size=size, option="auto")

    assert (decision.value, decision.origin) == (name, "assumed")
    assert f"{size[1]}x{size[0]}" in decision.reason


def test_a_matrix_tag_of_rgb_on_yuv_is_not_believed() -> None:
    decision = decide_matrix(0, size=HD, option="auto")

    assert (decision.value, decision.origin) == ("bt709", "assumed")
    assert "tagged RGB" in decision.reason


def test_an_option_overrules_the_tag() -> None:
    assert decide_matrix(1, size=HD, option="bt601").value == "bt601"
    assert decide_range(1, option="full", by_format=None, usual="limited").origin == "option"


@pytest.mark.parametrize("tag", [8, 10, 14])
def test_a_matrix_that_is_not_undone_here_is_refused_unless_overruled(tag: int) -> None:
    with pytest.raises(PlateError, match=f"YUV matrix {tag}"):
        decide_matrix(tag, size=HD, option="auto")

    assert decide_matrix(tag, size=HD, option="bt2020").value == "bt2020"


def test_options_that_do_not_exist_are_refused() -> None:
    with pytest.raises(OptionError, match="--input-matrix"):
        decide_matrix(1, size=HD, option="rec709")
    with pytest.raises(OptionError, match="--input-range"):
        decide_range(1, option="tv", by_format=None, usual="limited")


@pytest.mark.parametrize(
    ("tag", "by_format", "usual", "expected"),
    [
        pytest.param(1, None, "full", ("limited", "tag"), id="tagged limited"),
        pytest.param(2, None, "limited", ("full", "tag"), id="tagged full"),
        pytest.param(0, True, "limited", ("full", "tag"), id="yuvj says full by its name"),
        pytest.param(0, None, "limited", ("limited", "assumed"), id="untagged YUV"),
        pytest.param(0, None, "full", ("full", "assumed"), id="untagged RGB"),
    ],
)
def test_the_range_is_decided_on_its_own(
    tag: int, *, by_format: bool | None, usual: str, expected: tuple[str, str]
) -> None:
    decision = decide_range(tag, option="auto", by_format=by_format, usual=usual)

    assert (decision.value, decision.origin) == expected


@pytest.mark.parametrize(
    ("tag", "name"),
    [
        (1, "bt709"),
        (5, "bt601-625"),
        (6, "bt601-525"),
        (7, "bt601-525"),
        (9, "bt2020"),
        (11, "p3-dci"),
        (12, "p3-d65"),
    ],
)
def test_tagged_primaries_have_names(tag: int, name: str) -> None:
    assert decide_primaries(tag, matrix="bt709", height=1080).value == name


@pytest.mark.parametrize(
    ("matrix", "height", "name"),
    [
        ("bt709", 1080, "bt709"),
        ("bt2020", 2160, "bt2020"),
        ("bt601", 480, "bt601-525"),
        ("bt601", 576, "bt601-625"),
        ("", 1080, "bt709"),
    ],
)
def test_untagged_primaries_follow_the_matrix(matrix: str, height: int, name: str) -> None:
    decision = decide_primaries(2, matrix=matrix, height=height)

    assert (decision.value, decision.origin) == (name, "assumed")


def test_primaries_of_film_are_assumed_away_by_their_number() -> None:
    assert "primaries 8" in decide_primaries(8, matrix="bt709", height=1080).reason


@pytest.mark.parametrize(
    ("tag", "encoding"),
    [
        (1, "bt709"),
        (6, "bt709"),
        (14, "bt709"),
        (15, "bt709"),
        (13, "srgb"),
        (4, "gamma22"),
        (8, "linear"),
        (17, "gamma26"),
    ],
)
def test_a_tagged_transfer_names_an_encoding(tag: int, encoding: str) -> None:
    decision = decide_encoding(tag)

    assert (decision.value, decision.origin) == (encoding, "tag")
    assert encoding in ENCODINGS


@pytest.mark.parametrize("tag", [0, 2, 3, 99])
def test_an_untagged_transfer_is_that_of_video(tag: int) -> None:
    assert (decide_encoding(tag).value, decide_encoding(tag).origin) == ("bt709", "assumed")


def test_gamma_28_is_taken_for_bt709_and_says_why() -> None:
    decision = decide_encoding(5)

    assert (decision.value, decision.origin) == ("bt709", "assumed")
    assert "gamma28" in decision.reason


@pytest.mark.parametrize("tag", [9, 10])
def test_a_logarithmic_transfer_is_refused(tag: int) -> None:
    with pytest.raises(PlateError, match=r"clip\.mov: transfer log"):
        decide_encoding(tag, where="clip.mov")


@pytest.mark.parametrize(("transfer", "signal"), [(16, "PQ"), (18, "HLG")])
def test_hdr_signals_are_refused_wherever_they_are_tagged(transfer: int, signal: str) -> None:
    with pytest.raises(NotSdr, match=signal) as refused:
        refuse_hdr("clip.mov", VideoTags(), VideoTags(transfer=transfer))

    assert "\n" not in str(refused.value)


def test_hdr_metadata_is_refused_where_the_transfer_is_not_tagged() -> None:
    with pytest.raises(NotSdr, match="Dolby Vision"):
        refuse_hdr("clip.mov", VideoTags(hdr_metadata="Dolby Vision"))


def test_hdr_metadata_beside_an_sdr_transfer_is_no_hdr() -> None:
    refuse_hdr("clip.mov", VideoTags(transfer=1, hdr_metadata="HDR10 mastering metadata"))


def test_gaps_in_a_frames_tags_are_filled_from_the_container() -> None:
    frame = VideoTags(matrix=2, range=0, primaries=9, transfer=2)
    container = VideoTags(matrix=1, range=2, primaries=1, transfer=13)

    tags = frame.over(container)

    assert tags == VideoTags(matrix=1, range=2, primaries=9, transfer=13)
