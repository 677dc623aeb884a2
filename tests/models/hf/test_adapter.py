"""A small LoRA, merged when the model is opened."""

import warnings
from pathlib import Path

import pytest
import torch
from peft import LoraConfig, get_peft_model
from transformers import AutoModelForCausalLM

from ondol.errors import Damaged, NotFound, Offline, UnusableInput, UsageError
from ondol.model_store.store import ModelStore
from ondol.models.hf.model import open_hf

# peft 0.21 asks transformers 5.23 for an attribute by its old name
pytestmark = pytest.mark.filterwarnings("ignore:`is_gradient_checkpointing` is deprecated:FutureWarning")


@pytest.fixture
def store(tmp_path) -> ModelStore:
    return ModelStore(tmp_path / "home", offline=True)


@pytest.fixture(scope="module")
def trained(make_random, tmp_path_factory) -> tuple[Path, Path, float]:
    """A base, an adapter of it, and the log-probability that both together give."""
    base, adapter = make_random("Qwen2"), tmp_path_factory.mktemp("adapter")
    network = AutoModelForCausalLM.from_pretrained(base, dtype=torch.float32)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FutureWarning)
        joined = get_peft_model(network, LoraConfig(r=4, target_modules=["q_proj", "v_proj"], task_type="CAUSAL_LM"))
    torch.manual_seed(1)
    for name, weight in joined.named_parameters():
        if "lora_" in name:
            torch.nn.init.normal_(weight)
    joined.save_pretrained(adapter)
    with torch.inference_mode():
        ids = torch.tensor([[*b"abc"]])
        scores = torch.log_softmax(joined.eval()(input_ids=ids).logits[0, -1], -1)
    return base, adapter, float(scores[ord("d")])


def told_by(model) -> float:
    with torch.inference_mode():
        return float(torch.log_softmax(model._network(input_ids=torch.tensor([[*b"abc"]])).logits[0, -1], -1)[ord("d")])


def test_an_adapter_changes_the_base_as_peft_does(trained, store):
    base, adapter, expected = trained
    alone = open_hf(str(base), store=store, threads=1)
    joined = open_hf(str(base), store=store, threads=1, adapter=str(adapter))
    assert told_by(joined) == pytest.approx(expected, abs=1e-4)
    assert abs(told_by(alone) - expected) > 1e-2
    assert not any("lora" in name for name, _ in joined._network.named_parameters())
    assert joined._identifying_params["adapter"] == str(adapter)


@pytest.mark.parametrize(
    ("kind", "layers", "words"),
    [
        ("Phi3", 2, "Target modules"),
        ("Llama", 1, "4 of its weights have no place"),
        ("Llama", 3, "missing adapter keys"),
    ],
)
def test_an_adapter_of_another_base_is_refused(trained, store, make_random, kind, layers, words):
    base = make_random(kind, layers=layers)
    with pytest.raises(UsageError, match=f"does not fit this base .*{words}") as told:
        open_hf(str(base), store=store, threads=1, adapter=str(trained[1]))
    assert str(trained[0]) in told.value.hint


def test_an_adapter_of_another_width_is_refused(trained, store, script_path):
    with pytest.raises(UsageError, match=r"does not fit this base .*size mismatch"):
        open_hf(str(script_path), store=store, threads=1, adapter=str(trained[1]))


def test_what_is_no_adapter_is_refused(trained, store, tmp_path):
    base = str(trained[0])
    with pytest.raises(NotFound, match="no adapter at"):
        open_hf(base, store=store, adapter=str(tmp_path / "none"))
    with pytest.raises(Offline):
        open_hf(base, store=store, adapter="nobody/nothing")
    with pytest.raises(UnusableInput, match=r"adapter_config\.json is missing"):
        open_hf(base, store=store, adapter=base)
    (tmp_path / "adapter_config.json").write_text("{}")
    (tmp_path / "adapter_model.bin").touch()
    with pytest.raises(UnusableInput, match="are pickles"):
        open_hf(base, store=store, adapter=str(tmp_path))
    (tmp_path / "adapter_config.json").write_text("{")
    with pytest.raises(Damaged, match="not JSON"):
        open_hf(base, store=store, adapter=str(tmp_path))
