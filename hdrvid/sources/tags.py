"""Decide what a plate's code values mean: matrix, range, primaries and transfer, each on its own.

Tags go missing one by one (a ProRes file keeps its matrix and loses its transfer), so each is taken from the
caller's option, else from the file, else assumed, and the choice is recorded. Numbers are those of ITU-T
H.273. Names that are handed on:

    matrix      bt601  bt709  bt2020  smpte240m  fcc
    primaries   bt709  bt601-525  bt601-625  bt2020  p3-d65  p3-dci; from images also ap0  ap1  adobe-rgb
    encoding    those of `hdrvid.plate.ENCODINGS`
"""

from __future__ import annotations

from dataclasses import dataclass

from hdrvid.errors import NotSdr, OptionError, PlateError
from hdrvid.plate import Decision

UNTAGGED = 2

_MATRICES = {1: "bt709", 4: "fcc", 5: "bt601", 6: "bt601", 7: "smpte240m", 9: "bt2020"}
_PRIMARIES = {
    1: "bt709",
    5: "bt601-625",
    6: "bt601-525",
    7: "bt601-525",
    9: "bt2020",
    11: "p3-dci",
    12: "p3-d65",
}
_TRANSFERS = {
    1: "bt709",
    4: "gamma22",
    6: "bt709",
    8: "linear",
    11: "bt709",
    12: "bt709",
    13: "srgb",
    14: "bt709",
    15: "bt709",
    17: "gamma26",
}
_NEAR_TRANSFERS = {
    5: (
        "gamma28",
        "it names an old PAL display; PAL cameras encode by the curve of BT.601, which is BT.709's",
    ),
    7: ("smpte240m", "its codes lie within 0.011 of BT.709's"),
}
_HDR_TRANSFERS = {16: "PQ (SMPTE ST 2084)", 18: "HLG (ARIB STD-B67)"}
_LOG_TRANSFERS = {9: "log 100:1", 10: "log 316:1"}


@dataclass(frozen=True, slots=True, kw_only=True)
class VideoTags:
    """Hold a stream's tags by their H.273 numbers.

    `range` is FFmpeg's: 0 unknown, 1 limited, 2 full.
    """

    matrix: int = UNTAGGED
    range: int = 0
    primaries: int = UNTAGGED
    transfer: int = UNTAGGED
    hdr_metadata: str = ""
    """What HDR signal the side data speak of: `Dolby Vision`, `HDR10+`, or nothing."""

    def over(self, other: VideoTags) -> VideoTags:
        """Return these tags with the gaps filled from another place in the same file.

        >>> VideoTags(matrix=1).over(VideoTags(matrix=5, transfer=13))
        VideoTags(matrix=1, range=0, primaries=2, transfer=13, hdr_metadata='')
        """
        unset = {0, UNTAGGED, 3}  # reserved, unspecified, reserved
        return VideoTags(
            # 0 is the identity for a matrix, and a common wrong tag of YUV: it is kept, and judged later
            matrix=self.matrix if self.matrix not in {UNTAGGED, 3} else other.matrix,
            range=self.range or other.range,
            primaries=self.primaries if self.primaries not in unset else other.primaries,
            transfer=self.transfer if self.transfer not in unset else other.transfer,
            hdr_metadata=self.hdr_metadata or other.hdr_metadata,
        )


def refuse_hdr(name: str, *tags: VideoTags) -> None:
    """Raise `NotSdr` when any of a file's tags speaks of PQ, HLG or another HDR signal.

    >>> refuse_hdr("clip.mp4", VideoTags(transfer=16))  # doctest: +ELLIPSIS
    Traceback (most recent call last):
    hdrvid.errors.NotSdr: clip.mp4: carries an HDR signal, PQ (SMPTE ST 2084); expected SDR, ...
    """
    for tag in tags:
        signal = _HDR_TRANSFERS.get(tag.transfer)
        if signal is None and tag.transfer not in _TRANSFERS:
            signal = tag.hdr_metadata
        if signal:
            message = (
                f"{name}: carries an HDR signal, {signal}; expected SDR, since there is nothing to expand. "
                "Use it as it is, or re-tag the file if the tag is wrong."
            )
            raise NotSdr(message)


def decide_matrix(tag: int, *, size: tuple[int, int], option: str, where: str = "plate") -> Decision:
    """Choose the YUV matrix of a plate of `(height, width)`, before rotation.

    A matrix that YUV cannot be told from (YCgCo, ICtCp, constant luminance) raises `PlateError` unless the
    option names another.

    >>> decide_matrix(1, size=(480, 640), option="auto").value
    'bt709'
    >>> decide_matrix(UNTAGGED, size=(480, 640), option="auto").reason
    'pictures of 640x480 are SD, and SD is BT.601'
    """
    if option != "auto":
        if option not in {"bt601", "bt709", "bt2020"}:
            message = (
                f"option --input-matrix: got {option!r}, expected auto, bt601, bt709 or bt2020. Leave it out "
                "to follow the file's tag."
            )
            raise OptionError(message)
        return Decision(name="matrix", value=option, origin="option")
    if tag in _MATRICES:
        return Decision(name="matrix", value=_MATRICES[tag], origin="tag")
    if tag not in {0, UNTAGGED, 3}:
        message = (
            f"{where}: YUV matrix {tag} of H.273, expected BT.601, BT.709 or BT.2020. Name the right one "
            "with --input-matrix, or convert the clip."
        )
        raise PlateError(message)
    height, width = size
    cause = "it is tagged RGB, which YUV is not; " if tag == 0 else ""
    if height >= 720 or width >= 1280:
        reason = f"{cause}pictures of {width}x{height} are HD, and HD is BT.709"
        return Decision(name="matrix", value="bt709", origin="assumed", reason=reason)
    reason = f"{cause}pictures of {width}x{height} are SD, and SD is BT.601"
    return Decision(name="matrix", value="bt601", origin="assumed", reason=reason)


def decide_range(tag: int, *, option: str, by_format: bool | None, usual: str) -> Decision:
    """Choose limited or full range; `by_format` is what the pixel format's name says, `usual` the default.

    >>> decide_range(0, option="auto", by_format=None, usual="limited").origin
    'assumed'
    >>> decide_range(2, option="limited", by_format=None, usual="limited").origin
    'option'
    """
    if option != "auto":
        if option not in {"limited", "full"}:
            message = (
                f"option --input-range: got {option!r}, expected auto, limited or full. Leave it out to "
                "follow the file's tag."
            )
            raise OptionError(message)
        return Decision(name="range", value=option, origin="option")
    if by_format:
        return Decision(name="range", value="full", origin="tag", reason="the pixel format says so")
    if tag in {1, 2}:
        return Decision(name="range", value=("limited", "full")[tag - 1], origin="tag")
    reason = "the usual range of RGB" if usual == "full" else "the usual range of YUV"
    return Decision(name="range", value=usual, origin="assumed", reason=reason)


def decide_primaries(tag: int, *, matrix: str, height: int) -> Decision:
    """Choose the primaries; where they are not tagged they follow the matrix.

    >>> decide_primaries(UNTAGGED, matrix="bt601", height=576).value
    'bt601-625'
    """
    if tag in _PRIMARIES:
        return Decision(name="primaries", value=_PRIMARIES[tag], origin="tag")
    cause = "" if tag in {0, UNTAGGED, 3} else f"primaries {tag} of H.273 are not known here; "
    if matrix == "bt601":
        value = "bt601-625" if height in {288, 576} else "bt601-525"
    else:
        value = matrix if matrix == "bt2020" else "bt709"
    reason = f"{cause}those of the matrix {matrix}"
    return Decision(name="primaries", value=value, origin="assumed", reason=reason)


def decide_encoding(tag: int, *, where: str = "plate", usual: str = "bt709") -> Decision:
    """Choose how code values are linearised, `usual` where no tag says; a log transfer raises `PlateError`.

    >>> decide_encoding(13).value, decide_encoding(UNTAGGED).origin
    ('srgb', 'assumed')
    """
    if tag in _TRANSFERS:
        return Decision(name="transfer", value=_TRANSFERS[tag], origin="tag")
    if tag in _LOG_TRANSFERS:
        message = (
            f"{where}: transfer {_LOG_TRANSFERS[tag]}, expected a display's curve such as BT.709 or sRGB. "
            "Convert the clip, or re-tag it."
        )
        raise PlateError(message)
    if tag in _NEAR_TRANSFERS:
        name, reason = _NEAR_TRANSFERS[tag]
        return Decision(name="transfer", value="bt709", origin="assumed", reason=f"tagged {name}: {reason}")
    reason = (
        "the usual transfer of video" if usual == "bt709" else "the usual transfer of pictures of the web"
    )
    return Decision(name="transfer", value=usual, origin="assumed", reason=reason)
