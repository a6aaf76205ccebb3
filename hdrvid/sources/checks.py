"""Check a packet against the checksums that its codec keeps in it.

FFmpeg conceals a part of an FFV1 frame whose checksum is wrong, and says so in its log only. Of the codecs
that plates come in, no other keeps checksums as a rule.
"""

from __future__ import annotations

import zlib

_REVERSED = bytes(int(f"{byte:08b}"[::-1], 2) for byte in range(256))
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
