from __future__ import annotations

from pathlib import Path

import pytest

from hdrvid.training.bank import Bank
from hdrvid.training.catalogue import open_library
from tests.training.material import small_config, write_data


@pytest.fixture(scope="session")
def data_root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Write the small data set once."""
    root = tmp_path_factory.mktemp("data")
    write_data(root)
    return root


@pytest.fixture(scope="session")
def bank(data_root: Path) -> Bank:
    """Render its bank once."""
    return open_library(small_config(data_root))
