"""Training of the generator: its data, its losses, its loop."""

from hdrvid.training.config import TrainConfig, load_config, resumed_config
from hdrvid.training.export import export_weights
from hdrvid.training.trainer import Progress, train, training_steps

__all__ = [
    "Progress", "TrainConfig", "export_weights", "load_config", "resumed_config", "train", "training_steps",
]  # fmt: skip
