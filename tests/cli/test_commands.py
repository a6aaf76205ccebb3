"""The commands parse, call one function and print; what goes wrong is one line and an exit status."""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from hdrvid.cli.main import COMMANDS
from tests.command import command
from tests.sample import REAL, SAMPLE, read_exr, rgb_of
from tests.sources.clips import BT709, UNTAGGED, cut, write_clip

HEAVY = ("torch", "av", "numpy", "PyOpenColorIO", "OpenEXR", "OpenImageIO", "fileseq", "tqdm", "safetensors")


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_clip(tmp_path_factory.mktemp("cli") / "shot.mp4", 4, tags=BT709)


@pytest.mark.parametrize("arguments", [["--help"], *([name, "--help"] for name in COMMANDS)], ids=" ".join)
def test_help_loads_nothing_heavy(arguments: list[str]) -> None:
    code = (
        "import sys; from hdrvid.cli.main import run\n"
        f"try:\n    run({arguments!r})\n"
        "except SystemExit as leaving:\n    assert leaving.code == 0, leaving.code\n"
        f"print('heavy:', [name for name in {HEAVY!r} if name in sys.modules])"
    )

    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert done.stdout.splitlines()[0].startswith("Usage: ")
    assert done.stdout.splitlines()[-1] == "heavy: []"


def test_importing_the_library_loads_nothing_heavy() -> None:
    code = f"import sys, hdrvid; print([name for name in {HEAVY!r} if name in sys.modules])"

    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert done.stdout.strip() == "[]"


def test_help_answers_within_ten_bare_starts_of_python() -> None:
    def processor_time() -> float:  # what a busy machine does not lengthen
        used = resource.getrusage(resource.RUSAGE_CHILDREN)
        return used.ru_utime + used.ru_stime

    def best_of(line: list[str], times: int) -> float:
        seconds = []
        for _ in range(times):
            start = processor_time()
            subprocess.run(line, capture_output=True, check=True)
            seconds.append(processor_time() - start)
        return min(seconds)

    bare = best_of([sys.executable, "-c", "pass"], 5)
    shown = best_of([sys.executable, "-m", "hdrvid", "--help"], 5)

    assert shown < 10 * bare


@pytest.mark.parametrize(
    ("arguments", "status", "says"),
    [
        pytest.param(["expand"], 2, "no source", id="nothing to expand"),
        pytest.param(["expand", "CLIP"], 2, "no out", id="nowhere to write"),
        pytest.param(["expand", "gone.mp4", "-o", "OUT"], 2, "gone.mp4", id="a missing file"),
        pytest.param(["expand", "TEXT", "-o", "OUT"], 1, "text.mp4", id="a text file called .mp4"),
        pytest.param(["expand", "EMPTY", "-o", "OUT"], 1, "empty.mp4", id="an empty file"),
        pytest.param(
            ["expand", "CLIP", "-o", "OUT", "--frames", "1-9"], 2, "1001-1004", id="a range outside"
        ),
        pytest.param(
            ["expand", "CLIP", "-o", "OUT", "--frames", "a-b"], 2, "Write 1001", id="no range at all"
        ),
        pytest.param(
            ["expand", "CLIP", "-o", "OUT", "--frames", "1003-1020", "--strict"],
            2,
            "1001-1004",
            id="strict overshoot",
        ),
        pytest.param(
            ["expand", "CLIP", "-o", "OUT", "--output-space", "ACESgc"], 2, "ACEScg", id="unknown space"
        ),
        pytest.param(
            ["expand", "CLIP", "-o", "OUT", "--output-space", "sRGB - Texture"], 2, "linear", id="not linear"
        ),
        pytest.param(
            ["expand", "CLIP", "-o", "OUT", "--ocio-config", "no.ocio"], 2, "no.ocio", id="no such config"
        ),
        pytest.param(["expand", "CLIP", "-o", "OUT", "--mix", "3"], 2, "--mix", id="out of limits"),
        pytest.param(["expand", "CLIP", "-o", "OUT", "--mix", "x"], 2, "--mix", id="not a number"),
        pytest.param(
            ["expand", "CLIP", "-o", "OUT", "--compresion", "zip"], 2, "--compression", id="mistyped option"
        ),
        pytest.param(["expand", "CLIP", "-o", "OUT", "--model", "TEXT"], 1, "text.mp4", id="foreign weights"),
        pytest.param(
            ["expand", "CLIP", "-o", "OUT", "--model", "gone.safetensors"], 1, "gone", id="no such weights"
        ),
        pytest.param(["expand", "CLIP", "-o", "OUT", "--device", "cuda:9"], 1, "cuda:9", id="no such device"),
        pytest.param(["expand", "CLIP", "-o", "TEXT"], 1, "text.mp4", id="output is a file"),
        pytest.param(["expand", "CLIP", "-o", "OUT", "--job", "gone.json"], 2, "gone.json", id="no job file"),
        pytest.param(["expand", "", "-o", "OUT"], 2, "no name", id="no name for the clip"),
        pytest.param(["expand", "CLIP", "-o", ""], 2, "--out", id="no name for the folder"),
        pytest.param(["expand", "n" * 300 + ".mp4", "-o", "OUT"], 2, "too long", id="a name too long"),
        pytest.param(["still", "CLIP@1009", "-o", "OUT"], 2, "1001-1004", id="a still outside"),
        pytest.param(["still", "CLIP@x", "-o", "OUT"], 2, "expected a number", id="a still without number"),
        pytest.param(["still", "CLIP", "-o", "OUT"], 2, "shot.mp4@1001", id="a still of a whole clip"),
        pytest.param(["probe", "TEXT"], 1, "text.mp4", id="probing a text file"),
        pytest.param(["contact", "CLIP", "OUT", "-o", "sheet.png"], 2, "OUT", id="a sheet of nothing"),
        pytest.param(["expnad"], 2, "expnad", id="no such command"),
    ],
)
def test_what_is_wrong_is_said_in_one_line(
    clip: Path, tmp_path: Path, arguments: list[str], status: int, says: str
) -> None:
    (tmp_path / "text.mp4").write_text("words", encoding="utf-8")
    (tmp_path / "empty.mp4").write_bytes(b"")
    places = {
        "CLIP": clip,
        "OUT": tmp_path / "OUT",
        "TEXT": tmp_path / "text.mp4",
        "EMPTY": tmp_path / "empty.mp4",
    }

    done = command(*(named(argument, places) for argument in arguments), cwd=tmp_path)

    assert done.returncode == status, done.stderr
    lines = done.stderr.strip().splitlines()
    assert len(lines) == 1, done.stderr
    assert lines[0].startswith("hdrvid: ")
    assert says in lines[0]
    assert not list((tmp_path / "OUT").glob("*.exr"))


def named(argument: str, places: dict[str, Path]) -> str:
    """Put a real path for a word in capitals: `CLIP@1009` too."""
    word = argument.split("@")[0]
    return argument.replace(word, str(places[word])) if word in places else argument


def test_a_traceback_is_shown_only_when_asked_for(tmp_path: Path) -> None:
    quiet = command("expand", "gone.mp4", "-o", tmp_path)
    verbose = command("expand", "gone.mp4", "-o", tmp_path, "-v")

    assert "Traceback" not in quiet.stderr
    assert "Traceback" in verbose.stderr
    assert verbose.stderr.strip().splitlines()[-1] == quiet.stderr.strip()


def test_a_plain_call_writes_every_frame_and_says_where(clip: Path, tmp_path: Path) -> None:
    done = command("expand", clip, "--out", tmp_path / "exr")

    assert done.returncode == 0, done.stderr
    assert done.stdout == ""
    assert "4 frames written" in done.stderr
    channels, spec = read_exr(tmp_path / "exr" / "shot.1001.exr")
    assert list(channels) == ["R", "G", "B"]
    assert spec.get_string_attribute("hdrvid/model") == "compact"


def test_quiet_says_nothing_and_bar_and_jsonl_keep_to_their_streams(clip: Path, tmp_path: Path) -> None:
    quiet = command("expand", clip, "--out", tmp_path / "a", "--model", "none", "-q")
    lines = command("expand", clip, "--out", tmp_path / "b", "--model", "none", "--progress", "jsonl")

    assert (quiet.stdout, quiet.stderr) == ("", "")
    events = [json.loads(line) for line in lines.stdout.splitlines()]
    assert [event["event"] for event in events] == ["started", "frame", "frame", "frame", "frame", "finished"]
    assert events[0]["protocol"] == 1
    assert lines.stderr == ""


def test_a_failed_run_tells_it_in_both_ways_with_jsonl(tmp_path: Path) -> None:
    short = cut(write_clip(tmp_path / "long.mkv", 40, tags=BT709), 0.6)

    done = command("expand", short, "--out", tmp_path / "exr", "--model", "none", "--progress", "jsonl")

    assert done.returncode == 1
    last = json.loads(done.stdout.splitlines()[-1])
    assert (last["event"], last["kind"]) == ("failed", "PlateTruncated")
    assert last["frame"] == 1001 + last["written"]
    assert done.stderr.strip() == f"hdrvid: {last['message']}"


def test_an_overshooting_range_warns_and_ends_well(clip: Path, tmp_path: Path) -> None:
    done = command("expand", clip, "--out", tmp_path, "--model", "none", "--frames", "1003-1020")

    assert done.returncode == 0
    assert "warning" in done.stderr
    assert sorted(path.name for path in tmp_path.glob("*.exr")) == ["shot.1003.exr", "shot.1004.exr"]


def test_a_dry_run_tells_values_with_their_origins_and_writes_nothing(clip: Path, tmp_path: Path) -> None:
    job = tmp_path / "job.json"
    job.write_text(
        json.dumps({"source": str(clip), "out": str(tmp_path / "exr"), "mix": 0.5}), encoding="utf-8"
    )

    done = command("expand", "--job", job, "--clip-point", "0.9", "--dry-run")

    assert done.returncode == 0, done.stderr
    rows = {line.split()[0]: line for line in done.stdout.splitlines()}
    assert rows["--mix"].endswith("0.5  (job file)")
    assert rows["--clip-point"].endswith("0.9  (command line)")
    assert rows["--layers"].endswith("(default)")
    assert "Camera Rec.709" in rows["--input-space"]
    assert "(tag" in rows["--input-space"]
    assert "built-in" in rows["--ocio-config"]
    assert not (tmp_path / "exr").exists()


def test_the_environments_config_is_used_and_named(clip: Path, tmp_path: Path) -> None:
    done = command(
        "expand",
        clip,
        "--out",
        tmp_path / "exr",
        "--dry-run",
        env={**os.environ, "OCIO": "ocio://cg-config-v2.2.0_aces-v1.3_ocio-v2.4"},
    )

    assert "$OCIO" in next(line for line in done.stdout.splitlines() if line.startswith("--ocio-config"))


def test_a_still_has_the_pixels_of_the_whole_run(tmp_path: Path) -> None:
    whole = command("expand", SAMPLE, "--out", tmp_path / "run", "--frames", "1001-1003", "--layers", "all")
    still = command("still", f"{SAMPLE}@1002", "--out", tmp_path / "still", "--layers", "all")

    assert (whole.returncode, still.returncode) == (0, 0), still.stderr
    assert [path.name for path in (tmp_path / "still").glob("*.exr")] == ["still_life.1002.exr"]
    first, _ = read_exr(tmp_path / "run" / "still_life.1002.exr")
    second, _ = read_exr(tmp_path / "still" / "still_life.1002.exr")
    assert all(np.array_equal(first[name], second[name]) for name in first)


def test_probe_tells_tags_assumptions_and_clipping(tmp_path: Path) -> None:
    untagged = write_clip(tmp_path / "untagged.mp4", 3, tags=UNTAGGED, size=(720, 1280))

    tagged = json.loads(command("probe", REAL, "--json").stdout)
    guessed = json.loads(command("probe", untagged, "--json").stdout)
    words = command("probe", untagged).stdout

    assert {d["name"]: d["origin"] for d in tagged["decisions"]}["matrix"] == "tag"
    assert 0.02 < tagged["clipping"]["share"] < 0.08
    assert (tagged["frame_count"], tagged["rate"]) == (31, "30000/1001")
    matrix = next(d for d in guessed["decisions"] if d["name"] == "matrix")
    assert (matrix["value"], matrix["origin"]) == ("bt709", "assumed")
    assert matrix["reason"]
    assert "assumed" in words
    assert "clip point" in words


def test_untagged_plates_are_warned_of(tmp_path: Path) -> None:
    untagged = write_clip(tmp_path / "untagged.mp4", 2, tags=UNTAGGED)

    done = command("expand", untagged, "--out", tmp_path / "exr", "--model", "none")

    assert done.returncode == 0
    assert "is taken as" in done.stderr


def test_the_contact_sheet_is_a_picture(clip: Path, tmp_path: Path) -> None:
    command("expand", clip, "--out", tmp_path / "exr", "--layers", "all", "--model", "none")

    done = command("contact", clip, tmp_path / "exr", "--out", tmp_path / "sheet.png")

    assert done.returncode == 0, done.stderr
    assert (tmp_path / "sheet.png").read_bytes()[:8] == b"\x89PNG\r\n\x1a\n"


def test_float_and_compression_reach_the_file(clip: Path, tmp_path: Path) -> None:
    command(
        "expand",
        clip,
        "--out",
        tmp_path,
        "--model",
        "none",
        "--float",
        "--compression",
        "piz",
        "--frames",
        "1001",
    )

    _, spec = read_exr(tmp_path / "shot.1001.exr")

    assert spec.format == "float"
    assert spec.get_string_attribute("compression") == "piz"
    assert rgb_of(tmp_path / "shot.1001.exr").shape == (3, 96, 128)
