"""Hold frames against the checksums that they carry, where the libraries that decode them do not say enough.

FFmpeg conceals a part of an FFV1 frame whose checksum is wrong, and says so in its log only. Of the codecs
that plates come in, no other keeps checksums as a rule. libpng writes to the terminal, past every message.
"""

from __future__ import annotations

import zlib

_REVERSED = bytes(int(f"{byte:08b}"[::-1], 2) for byte in range(256))
_PNG = b"\x89PNG\r\n\x1a\n"
_ALL = 0xFFFFFFFF
_STARTS = (0, 0x5E31029E)  # of the checksum, lowest bit first: by error correction 1, and by 2
_GUARDED = 8  # bytes at the end of each slice: its size in 3, 1 of status, 4 of checksum


def is_whole_ffv1(packet: bytes) -> bool:
    """Tell whether an FFV1 frame is as it was written, by the checksums of its slices if it has any.

    >>> is_whole_ffv1(b"a frame of version 1, which knew no checksums")
    True
    """
    slices = _slices(packet)
    return any(all(_remainder(part, start=start) == start for part in slices) for start in _STARTS)


def fault_of_png(content: bytes) -> str:
    """Say what is wrong with the chunks of a PNG that its picture needs; nothing of other files.

    >>> fault_of_png(_PNG), fault_of_png(b"not a PNG")
    ('cut before its end', '')
    """
    place = len(_PNG)
    if not content.startswith(_PNG):
        return ""
    while (end := place + 12 + int.from_bytes(content[place : place + 4])) <= len(content):
        kind = content[place + 4 : place + 8]
        is_whole = zlib.crc32(content[place + 4 : end - 4]) == int.from_bytes(content[end - 4 : end])
        if not is_whole and kind[:1].isupper():
            return f"checksum of {kind.decode('latin-1')} is wrong"
        if kind == b"IEND":
            return ""
        place = end
    return "cut before its end"


def _slices(packet: bytes) -> list[bytes]:
    """Cut an FFV1 packet at the sizes behind each of its slices; nothing where they have no checksums."""
    end, slices = len(packet), list[bytes]()
    while end > 0:
        place = end - _GUARDED
        start = place - int.from_bytes(packet[place : place + 3]) if place > 0 else -1
        if not 0 <= start < place:
            return []
        slices.append(packet[start:end])
        end = start
    return slices


def _remainder(part: bytes, *, start: int) -> int:
    """Return the CRC-32 of FFV1, which takes the highest bit first where zlib takes the lowest."""
    return zlib.crc32(part.translate(_REVERSED), start ^ _ALL) ^ _ALL
