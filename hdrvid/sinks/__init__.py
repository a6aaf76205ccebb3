"""Write finished frames to disk, each of them whole or not at all."""

from hdrvid.sinks.atomic import checksum_of, remove_stale, write_whole
from hdrvid.sinks.exr import COMPRESSIONS, Attribute, ExrSettings, ExrSink, Written, read_key
from hdrvid.sinks.timecode import timecode_after

__all__ = [
    "COMPRESSIONS",
    "Attribute",
    "ExrSettings",
    "ExrSink",
    "Written",
    "checksum_of",
    "read_key",
    "remove_stale",
    "timecode_after",
    "write_whole",
]
