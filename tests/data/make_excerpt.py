"""Cut `bee_excerpt.mp4` out of a longer clip, packet by packet, without encoding it again.

    python tests/data/make_excerpt.py bee.mp4

`bee.mp4` is in the Flutter gallery assets (CC0, see NOTICE.txt). The excerpt is its second group of pictures:
it starts at a keyframe, has 31 frames, and 4 to 5 % of its pixels are clipped.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import av

START_S = 3.0
HERE = Path(__file__).parent


def main() -> None:
    """Write the excerpt beside this script."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("clip", type=Path, help="bee.mp4")
    parser.add_argument("--out", type=Path, default=HERE, help="folder to write into")
    arguments = parser.parse_args()
    cut(arguments.clip, arguments.out / "bee_excerpt.mp4", start_s=START_S)


def cut(clip: Path, excerpt: Path, *, start_s: float) -> None:
    """Copy the picture's packets from the first keyframe at or after `start_s` on; sound is left out."""
    with av.open(str(clip)) as source, av.open(str(excerpt), "w", options={"fflags": "+bitexact"}) as target:
        picture = source.streams.video[0]
        copy = target.add_stream_from_template(picture)
        first: int | None = None
        for packet in source.demux(picture):
            if packet.pts is None or packet.dts is None or packet.time_base is None:
                continue  # the empty packet that ends the stream
            if first is None and packet.is_keyframe and packet.pts * packet.time_base >= start_s:
                first = packet.pts
            if first is not None:
                packet.pts, packet.dts = packet.pts - first, packet.dts - first
                packet.stream = copy
                target.mux(packet)


if __name__ == "__main__":
    main()
