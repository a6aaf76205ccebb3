"""The runner against the real command, and against programs that behave badly."""

from __future__ import annotations

import time
from pathlib import Path
from types import SimpleNamespace

import pytest
from hdrvid_nuke.errors import CommandMissing
from hdrvid_nuke.events import Event, Progress
from hdrvid_nuke.process import Call
from hdrvid_nuke.runner import (
    CANCELLED,
    CRASHED,
    FAILED,
    FINISHED,
    SILENT,
    Limits,
    Outcome,
    outcome_of,
    run,
)

from tests.nuke_plugin.stand_in import expand, is_gone, program

QUICK = Limits(silence=5.0, grace=0.5, poll=0.01)


class Watcher:
    """Keep what a run tells; cancel it after some frames."""

    def __init__(self, cancel_after: int | None = None) -> None:
        self.events: list[Event] = []
        self.texts: list[str] = []
        self.cancel_after = cancel_after
        self.cancelled_at = 0.0

    def see(self, event: Event, progress: Progress) -> None:
        self.events.append(event)
        self.texts.append(progress.text())

    def is_cancelled(self) -> bool:
        if self.cancel_after is None or len(self.of("frame")) < self.cancel_after:
            return False
        self.cancelled_at = self.cancelled_at or time.monotonic()
        return True

    def of(self, kind: str) -> list[Event]:
        return [event for event in self.events if event["event"] == kind]


def follow(call: Call, watcher: Watcher | None = None, limits: Limits = QUICK) -> Outcome:
    watcher = watcher or Watcher()
    return run(call, on_event=watcher.see, is_cancelled=watcher.is_cancelled, limits=limits)


@pytest.fixture
def patient() -> Limits:
    """Return limits for the real command on a busy machine."""
    return Limits(silence=120.0, grace=1.5, poll=0.02)


def test_a_run_of_the_real_command_shows_its_progress_then_resumes_from_its_frames(
    hdrvid: str, tmp_path: Path, environ: dict[str, str], patient: Limits
) -> None:
    first, second = Watcher(), Watcher()

    done = follow(expand(hdrvid, tmp_path, environ, frames="1001-1002"), first, patient)
    again = follow(expand(hdrvid, tmp_path, environ, frames="1001-1003"), second, patient)

    assert (done.kind, done.written, done.kept) == (FINISHED, 2, 0)
    assert [event["number"] for event in first.of("frame")] == [1001, 1002]
    assert all(Path(event["path"]).is_file() for event in first.of("frame"))
    assert "1 of 2" in first.texts[1]
    assert (again.kind, again.written, again.kept) == (FINISHED, 1, 2)
    assert [event["number"] for event in second.of("kept")] == [1001, 1002]
    assert "2 kept from before" in again.message


def test_a_cancelled_run_of_the_real_command_ends_within_two_seconds_and_leaves_whole_frames(
    hdrvid: str, tmp_path: Path, environ: dict[str, str], patient: Limits
) -> None:
    watcher = Watcher(cancel_after=1)

    outcome = follow(expand(hdrvid, tmp_path, environ, frames="1001-1048"), watcher, patient)
    took = time.monotonic() - watcher.cancelled_at

    assert outcome.kind == CANCELLED
    assert took < 2.0
    assert 1 <= outcome.written < 48
    assert "Expand again to go on" in outcome.message
    assert not [file for file in (tmp_path / "exr").glob("*.exr") if file.stat().st_size < 1000]


def test_a_failure_of_the_real_command_is_its_own_line_without_a_traceback(
    hdrvid: str, tmp_path: Path, environ: dict[str, str], patient: Limits
) -> None:
    outcome = follow(expand(hdrvid, tmp_path, environ, mix=7), None, patient)

    assert outcome.kind == FAILED
    assert outcome.message.startswith("option --mix: got 7")
    assert "\n" not in outcome.message
    assert "Traceback" not in outcome.message


def test_a_full_disk_is_passed_on_as_one_line(tmp_path: Path) -> None:
    message = "/x/a.1002.exr: no space left for the frame, expected 3 MB free.\\nFree some space."
    failed = {"event": "failed", "kind": "OutputError", "message": message.replace("\\n", "\n"), "written": 1,
              "kept": 0, "frame": 1002}  # fmt: skip

    outcome = follow(program(tmp_path, f"say(STARTED); say(FRAME); say({failed!r}); sys.exit(1)"))

    assert outcome == Outcome(
        kind=FAILED,
        message="/x/a.1002.exr: no space left for the frame, expected 3 MB free. Free some space.",
        written=1,
        kept=0,
    )


def test_a_disk_so_full_that_no_word_finds_room_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("shutil.disk_usage", lambda _: SimpleNamespace(free=0))

    outcome = follow(program(tmp_path, "sys.exit(1)"))

    assert outcome.kind == CRASHED
    assert f"Its last words: none, for the disk of {tmp_path} is full: free some" in outcome.message


def test_a_crash_is_told_with_its_signal_the_last_frame_and_the_last_words(tmp_path: Path) -> None:
    text = "say(STARTED); say(FRAME); print('CUDA error 77', file=sys.stderr, flush=True); os.abort()"

    outcome = follow(program(tmp_path, text))

    assert outcome.kind == CRASHED
    assert "by signal 6 after frame 1" in outcome.message
    assert "CUDA error 77" in outcome.message
    assert outcome.written == 1


def test_an_exit_without_a_word_is_a_crash_and_no_success(tmp_path: Path) -> None:
    outcome = follow(program(tmp_path, "say(STARTED)"))

    assert outcome.kind == CRASHED
    assert "with status 0 before the first frame" in outcome.message


def test_a_process_that_goes_silent_is_stopped(tmp_path: Path) -> None:
    call = program(tmp_path, "say(STARTED); print('loading', file=sys.stderr, flush=True); time.sleep(60)")
    start = time.monotonic()

    outcome = follow(call, None, Limits(silence=0.4, grace=0.1, poll=0.01))

    assert outcome.kind == SILENT
    assert "no frame for 0.4 s" in outcome.message
    assert time.monotonic() - start < 10


def test_a_process_that_ignores_the_polite_signal_is_killed_with_its_children(tmp_path: Path) -> None:
    text = """
import subprocess
signal.signal(signal.SIGTERM, signal.SIG_IGN)
child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
open("PID", "w").write(str(child.pid))
say(STARTED); say(FRAME)
time.sleep(60)
""".replace("PID", str(tmp_path / "pid"))
    watcher = Watcher(cancel_after=1)

    outcome = follow(program(tmp_path, text), watcher)

    assert outcome.kind == CANCELLED
    assert time.monotonic() - watcher.cancelled_at < 2.0
    assert is_gone(int((tmp_path / "pid").read_text()))


def test_events_of_another_protocol_end_the_run_with_a_plain_message(tmp_path: Path) -> None:
    text = "say({**STARTED, 'protocol': 2, 'version': '9.0.0'}); time.sleep(60)"

    outcome = follow(program(tmp_path, text))

    assert outcome.kind == FAILED
    assert "hdrvid 9.0.0: speaks event protocol 2, expected 1" in outcome.message
    assert "Use an hdrvid and a Nuke plug-in of the same release" in outcome.message


def test_noise_unknown_events_and_unknown_fields_are_skipped(tmp_path: Path) -> None:
    text = """
print("a library's greeting"); print('["not", "an event"]'); say({"event": "weather", "rain": True})
say({**STARTED, "mood": "good"}); say({"event": "finished", "written": 0, "kept": 9, "seconds": 1})
"""

    outcome = follow(program(tmp_path, text))

    assert (outcome.kind, outcome.kept) == (FINISHED, 9)


def test_a_line_that_arrives_in_pieces_is_read_as_one(tmp_path: Path) -> None:
    text = """
say(STARTED)
line = json.dumps({"event": "finished", "written": 3, "kept": 0, "seconds": 1})
for part in (line[:20], line[20:] + chr(10)):
    sys.stdout.write(part); sys.stdout.flush(); time.sleep(0.1)
"""

    assert follow(program(tmp_path, text)).written == 3


def test_an_error_of_the_watcher_ends_the_process(tmp_path: Path) -> None:
    call = program(tmp_path, f"open({str(tmp_path / 'pid')!r}, 'w').write(str(os.getpid()))\nsay(STARTED)\n"
                             "time.sleep(60)")  # fmt: skip

    def deleted(_event: Event, _progress: Progress) -> None:
        raise ValueError("A PythonObject is not attached to a node")

    with pytest.raises(ValueError, match="not attached"):
        run(call, on_event=deleted, is_cancelled=lambda: False, limits=QUICK)

    assert is_gone(int((tmp_path / "pid").read_text()))


def test_a_command_that_cannot_be_started_is_named(tmp_path: Path) -> None:
    call = Call(arguments=("/no/such/hdrvid",), environ={}, events=tmp_path / "e", log=tmp_path / "l")

    with pytest.raises(CommandMissing, match=r"/no/such/hdrvid: cannot be started"):
        follow(call)


def test_a_signal_that_the_command_did_not_expect_is_a_cancel_when_it_says_so() -> None:
    assert outcome_of(130, Progress(written=2), "hdrvid: cancelled").kind == CANCELLED
