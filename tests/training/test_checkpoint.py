from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
import torch

from hdrvid.errors import CheckpointError
from hdrvid.training.checkpoint import NAME, Checkpoint, load_checkpoint, resume_checkpoint, save_checkpoint

WHOLE = Checkpoint(
    spec="{}",
    images=80,
    steps=10,
    progress=0.25,
    weights={"w": torch.ones(2)},
    average={"w": torch.zeros(2)},
    optimiser={"state": {}},
)


def test_a_checkpoint_comes_back_as_it_was(tmp_path: Path) -> None:
    save_checkpoint(tmp_path, WHOLE)

    loaded = load_checkpoint(tmp_path)

    assert (loaded.spec, loaded.images, loaded.steps, loaded.progress) == ("{}", 80, 10, 0.25)
    assert loaded.weights["w"].tolist() == [1, 1]
    assert [path.name for path in tmp_path.iterdir()] == [NAME]


def test_a_new_run_has_none(tmp_path: Path) -> None:
    assert resume_checkpoint(tmp_path, "{}") is None


def test_a_run_goes_on_with_its_own(tmp_path: Path) -> None:
    save_checkpoint(tmp_path, WHOLE)

    resumed = resume_checkpoint(tmp_path, "{}")

    assert resumed is not None
    assert resumed.images == 80


def test_another_architecture_is_refused(tmp_path: Path) -> None:
    save_checkpoint(tmp_path, WHOLE)

    with pytest.raises(CheckpointError, match=r"made for \{\}; expected other"):
        resume_checkpoint(tmp_path, "other")


class Trap:
    """Something that would run code when unpickled."""

    def __reduce__(self) -> tuple[object, tuple[str]]:
        return print, ("unpickled",)


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(Trap(), id="code"),
        pytest.param({"format": 1, "weights": {}}, id="missing parts"),
        pytest.param({"format": 99, **dict.fromkeys(Checkpoint.__dataclass_fields__, 0)}, id="other format"),
        pytest.param({"state_dict": {}}, id="another trainer's"),
        pytest.param([1, 2], id="a list"),
    ],
)
def test_what_is_no_checkpoint_of_ours_is_refused(
    tmp_path: Path, content: object, capsys: pytest.CaptureFixture[str]
) -> None:
    torch.save(content, tmp_path / NAME)

    with pytest.raises(CheckpointError, match="not a checkpoint of this trainer"):
        load_checkpoint(tmp_path)

    assert capsys.readouterr().out == ""


def test_a_checkpoint_that_was_cut_is_refused(tmp_path: Path) -> None:
    save_checkpoint(tmp_path, WHOLE)
    path = tmp_path / NAME
    path.write_bytes(path.read_bytes()[:-200])

    with pytest.raises(CheckpointError):
        load_checkpoint(tmp_path)


def test_a_mistyped_folder_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(CheckpointError, match="nowhere"):
        load_checkpoint(tmp_path / "nowhere")


def test_the_last_good_one_stays_if_saving_fails(tmp_path: Path) -> None:
    save_checkpoint(tmp_path, WHOLE)
    (tmp_path / f"{NAME}.partial").mkdir()  # nothing can be written there

    with pytest.raises(CheckpointError, match="cannot be written"):
        save_checkpoint(tmp_path, replace(WHOLE, images=160))

    (tmp_path / f"{NAME}.partial").rmdir()
    assert load_checkpoint(tmp_path).images == 80
