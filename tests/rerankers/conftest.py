import importlib.util
from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def gguf_files():
    """The functions that write tiny GGUF encoders."""
    path = Path(__file__).parents[1] / "embeddings" / "gguf_files.py"
    spec = importlib.util.spec_from_file_location("gguf_files", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def make_cross_encoder(tmp_path):
    """Write a random cross-encoder folder, as `cross_encoder_files.write_cross_encoder` says."""
    path = Path(__file__).with_name("cross_encoder_files.py")
    spec = importlib.util.spec_from_file_location("cross_encoder_files", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return lambda kind="bert", **options: module.write_cross_encoder(tmp_path / f"tiny-{kind}", kind=kind, **options)
