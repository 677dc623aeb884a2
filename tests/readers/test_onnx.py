"""What was learnt beside a base, put onto it when the graph is written."""

import numpy as np
import pytest
from safetensors.numpy import load_file, save_file

from ondol.bert.graph import Weights
from ondol.errors import BackendError, NotFound
from ondol.model_store.store import ModelStore
from ondol.readers.delta import DELTA, Taught, find_base
from ondol.readers.onnx import open_onnx
from tests.finetune.encoders.conftest import HIDDEN, write_encoder

LAYER = "encoder.layer.0.attention.self.query"


@pytest.fixture
def base(tmp_path):
    return write_encoder(tmp_path / "base")


@pytest.fixture
def write_delta(tmp_path, base):
    """A folder with a delta of rank 2 and a head."""

    def write(scale=2.0, *, on=base):
        random = np.random.default_rng(3)
        tensors = {
            f"{LAYER}.lora_A.weight": random.normal(size=(2, HIDDEN)),
            f"{LAYER}.lora_B.weight": random.normal(size=(HIDDEN, 2)),
            "qa_outputs.weight": random.normal(size=(2, HIDDEN)), "qa_outputs.bias": np.zeros(2),
        }  # fmt: skip
        folder = tmp_path / f"delta-{scale}"
        folder.mkdir()
        halves = {name: value.astype(np.float16) for name, value in tensors.items()}
        save_file(halves, folder / DELTA, {"base": str(on), "scale": str(scale)})
        return folder

    return write


@pytest.fixture
def store(tmp_path):
    return ModelStore(tmp_path / "home", offline=True)


def test_weights_are_the_bases_with_the_scaled_product_on_top(base, write_delta):
    delta = write_delta() / DELTA
    taught, plain, raw = (
        Taught(base / "model.safetensors", delta),
        Weights(base / "model.safetensors"),
        load_file(delta),
    )
    product = raw[f"{LAYER}.lora_B.weight"].astype(np.float32) @ raw[f"{LAYER}.lora_A.weight"].astype(np.float32)
    np.testing.assert_allclose(taught(f"{LAYER}.weight"), plain(f"{LAYER}.weight") + 2 * product, rtol=1e-6)
    untouched = "encoder.layer.1.output.dense.weight"
    np.testing.assert_array_equal(taught(untouched), plain(untouched))
    np.testing.assert_array_equal(taught.bare("qa_outputs.bias"), np.zeros(2))


def test_a_delta_reads_as_the_whole_weights_do(base, write_delta, store, tmp_path):
    folder = write_delta()
    taught = Taught(base / "model.safetensors", folder / DELTA)
    whole = write_encoder(tmp_path / "whole")
    tensors = {name: taught(name) for name in load_file(base / "model.safetensors")}
    head = {name: taught.bare(name) for name in ("qa_outputs.weight", "qa_outputs.bias")}
    save_file({**tensors, **head}, whole / "model.safetensors")
    texts = ["seoul is big", "부산은 바다"]
    by_delta, by_weights = (open_onnx(str(path), store=store).find_each("where?", texts) for path in (folder, whole))
    assert by_delta == by_weights
    assert by_delta != open_onnx(str(write_delta(0.5)), store=store).find_each("where?", texts)


def test_a_base_that_is_not_here_is_told(write_delta, store, tmp_path):
    with pytest.raises(NotFound, match="There is no model at"):
        find_base(write_delta(on=tmp_path / "gone") / DELTA, store)
    (tmp_path / "broken.safetensors").write_bytes(b"no weights")
    with pytest.raises(BackendError, match="cannot be read"):
        find_base(tmp_path / "broken.safetensors", store)
