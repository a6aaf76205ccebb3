from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from hdrvid.errors import DatasetError, OptionError
from hdrvid.model import SPECS
from hdrvid.training.config import DataConfig, TrainConfig, load_config, training_scenes

CONFIGS = Path(__file__).parents[2] / "configs"


def write(path: Path, text: str) -> Path:
    path.write_text(text)
    return path


@pytest.mark.parametrize(("name", "part"), [("compact", "C"), ("mask", "mask"), ("noise", "noise")])
def test_the_configs_of_the_shipped_weights_are_read(name: str, part: str) -> None:
    config = load_config(CONFIGS / f"{name}.toml")

    assert config.part == part
    assert config.spec == SPECS["compact"]
    assert len(config.data.dev) == 5


def test_the_shipped_config_says_what_the_defaults_are() -> None:
    config = load_config(CONFIGS / "compact.toml")

    variety = replace(TrainConfig().samples.variety, sharpening=0.25)
    assert config.samples == replace(TrainConfig().samples, shapes=0.08, variety=variety)  # others go without
    assert config.crops.base == TrainConfig().crops.base


def test_sections_nest_and_lists_become_tuples(tmp_path: Path) -> None:
    path = write(
        tmp_path / "a.toml",
        'seed = 4\n[samples.variety]\njpeg = 0.9\n[crops]\nlarge = [96]\n[data]\nroot = "x"\n',
    )

    config = load_config(path)

    assert (config.seed, config.samples.variety.jpeg, config.crops.large) == (4, 0.9, (96,))
    assert config.data.root == Path("x")


@pytest.mark.parametrize(
    ("override", "read"),
    [
        pytest.param("seed=9", lambda c: c.seed == 9, id="a number"),
        pytest.param("optimiser.rate=2e-4", lambda c: c.optimiser.rate == 2e-4, id="a nested number"),
        pytest.param("part=mask", lambda c: c.part == "mask", id="a bare word"),
        pytest.param("data.root=/a/b", lambda c: c.data.root == Path("/a/b"), id="a path"),
        pytest.param('data.dev=["attic"]', lambda c: c.data.dev == ("attic",), id="a list"),
        pytest.param("spec.width=8", lambda c: c.spec == replace(SPECS["compact"], width=8), id="of a spec"),
        pytest.param("spec=paper", lambda c: c.spec == SPECS["paper"], id="a named spec"),
    ],
)
def test_a_value_is_set_on_the_command_line(override: str, read: object) -> None:
    config = load_config(CONFIGS / "compact.toml", [override])

    assert read(config)  # type: ignore[operator]


def test_the_last_override_wins() -> None:
    assert load_config(CONFIGS / "compact.toml", ["seed=1", "seed=2"]).seed == 2


def test_a_spec_may_be_written_out(tmp_path: Path) -> None:
    path = write(tmp_path / "a.toml", '[spec]\nwidth = 8\nsteps = 2\nnorm = "none"\nnets = ["C", "R"]\n')

    assert load_config(path).spec.nets == ("C", "R")


@pytest.mark.parametrize(
    ("text", "told"),
    [
        pytest.param("sed = 1\n", "unknown key 'sed'.*did you mean seed", id="a misspelt key"),
        pytest.param("[optimiser]\nlearning = 1\n", "unknown key 'learning'", id="an unknown nested key"),
        pytest.param(
            "[spec]\nwidth = 8\n", "missing .* 'steps' and 'norm'.*Mend the section", id="half a spec"
        ),
        pytest.param("seed = \n", "expected a TOML file", id="not TOML"),
    ],
)
def test_a_config_that_cannot_be_meant_is_refused(tmp_path: Path, text: str, told: str) -> None:
    with pytest.raises(OptionError, match=told):
        load_config(write(tmp_path / "a.toml", text))


@pytest.mark.parametrize(
    "override",
    [
        pytest.param("seed", id="no value"),
        pytest.param("sedd=3", id="a misspelt key"),
        pytest.param("seed.width=3", id="a section that is a value"),
    ],
)
def test_an_override_that_cannot_be_meant_is_refused(override: str) -> None:
    with pytest.raises(OptionError):
        load_config(CONFIGS / "compact.toml", [override])


def test_a_part_that_is_not_there_is_refused() -> None:
    with pytest.raises(OptionError, match="part 'X'; expected C or mask"):
        load_config(CONFIGS / "compact.toml", ["part=X"])


def test_the_noise_of_real_pairs_is_not_known() -> None:
    with pytest.raises(OptionError, match=r"part noise and data\.pairs; expected no pairs"):
        load_config(CONFIGS / "noise.toml", ["data.pairs=pairs"])


def test_a_config_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(OptionError, match=r"none\.toml"):
        load_config(tmp_path / "none.toml")


def test_training_scenes_are_the_split_without_those_held_out(tmp_path: Path) -> None:
    write(tmp_path / "splits.json", json.dumps({"train": ["a", "b", "c"], "validation": ["d"]}))

    assert training_scenes(DataConfig(root=tmp_path, dev=("b",))) == ("a", "c")


@pytest.mark.parametrize(
    ("splits", "told"),
    [
        pytest.param({"train": ["a"]}, "held-out", id="a held-out scene that is not there"),
        pytest.param({"valid": ["a"]}, "list 'train'", id="no list of training scenes"),
    ],
)
def test_a_split_that_does_not_fit_is_refused(tmp_path: Path, splits: object, told: str) -> None:
    write(tmp_path / "splits.json", json.dumps(splits))

    with pytest.raises(DatasetError, match=told):
        training_scenes(DataConfig(root=tmp_path, dev=("b",)))
