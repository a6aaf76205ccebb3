"""Write finished frames to disk, each of them whole or not at all."""

from hdrvid.sinks.atomic import check_folder, checksum_of, remove_stale, write_whole
from hdrvid.sinks.exr import COMPRESSIONS, KEY_ATTRIBUTE, Attribute, ExrSettings, ExrSink, Written, read_key

__all__ = [
    "COMPRESSIONS",
    "KEY_ATTRIBUTE",
    "Attribute",
    "ExrSettings",
    "ExrSink",
    "Written",
    "check_folder",
    "checksum_of",
    "read_key",
    "remove_stale",
    "write_whole",
]
