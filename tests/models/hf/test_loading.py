"""What is opened, and what is refused before it is loaded."""

import json
import shutil
import tempfile
from contextlib import suppress
from pathlib import Path

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from safetensors import SafetensorError

from ondol.errors import BackendError, Damaged, NotFound, Offline, OndolError, UnusableInput, UsageError
from ondol.model_store.store import ModelStore
from ondol.models.hf import device, loading
from ondol.models.hf.load_errors import told
from ondol.models.hf.model import HuggingFace, open_hf

ODD_DEVICES = ("tpu", "cpu:foo", "cpu:0", "mps:1", "cuda:", "cuda:x", "cuda:01", "cuda:-1", "cuda:1 ")
ODD_VALUES = (None, True, 0, -9, 1.5, float("inf"), float("nan"), "", "x", [], [1], {}, {"x": []})


@pytest.fixture
def copy(script_path, tmp_path) -> Path:
    return Path(shutil.copytree(script_path, tmp_path / "model"))


@pytest.fixture
def store(tmp_path) -> ModelStore:
    return ModelStore(tmp_path / "home", offline=True)


def test_a_folder_opens_by_path(copy, store, said):
    with open_hf(str(copy), store=store, threads=1, context=100, max_tokens=4) as model:
        assert (model.model, model.context, model.max_tokens) == (f"hf:{copy}", 100, 4)
        assert model.why == "cpu: float32 (neither CUDA nor MPS is here)" or torch.cuda.is_available()
        assert model.invoke("x").text == said[:10]


def test_dtype_and_device_are_the_persons_choice(copy, store, said):
    with open_hf(str(copy), store=store, threads=1, device="cpu", dtype="bfloat16") as model:
        assert model._network.dtype == torch.bfloat16
        assert model.why == "cpu: bfloat16 (as asked, dtype as asked)"
        assert model.invoke("x").text == said


@pytest.mark.parametrize(
    ("asked", "kind", "words"),
    [
        ({"dtype": "int4", "device": "cpu"}, UsageError, "int4 needs a CUDA device"),
        ({"dtype": "int3"}, UsageError, "no dtype 'int3'"),
        *(
            ({"device": odd}, UsageError, f"no device '{odd}'")
            for odd in ("tpu", "cpu:foo", "cpu:0", "mps:1", "cuda:x")
        ),
        *(({"device": odd}, UsageError, f"no device '{odd}'") for odd in ("cuda:", "cuda:01", "cuda:-1", "cuda:1 ")),
        ({"device": "cuda:99"}, BackendError, "no device 'cuda:99'"),
    ],
)
def test_what_cannot_be_had_is_refused_before_anything_is_looked_for(store, asked, kind, words):
    with pytest.raises(kind, match=words) as told:
        open_hf("no/where", store=store, **asked)
    assert told.value.hint


def test_a_trial_loss_is_finite_here():
    assert device._finite_loss("cpu")


def test_pickles_are_refused(copy, store):
    (copy / "model.safetensors").rename(copy / "pytorch_model.bin")
    with pytest.raises(UnusableInput, match=r"are pickles \(pytorch_model.bin\)"):
        open_hf(str(copy), store=store)


def test_a_folder_without_a_model_is_refused(tmp_path, store):
    (tmp_path / "empty").mkdir()
    with pytest.raises(UnusableInput, match=r"config\.json is missing"):
        open_hf(str(tmp_path / "empty"), store=store)


def test_code_of_a_model_is_never_run(copy, store):
    config = json.loads((copy / "config.json").read_text())
    code = {"AutoConfig": "odd.OddConfig", "AutoModelForCausalLM": "odd.Odd"}
    (copy / "odd.py").write_text("raise SystemExit('ran')")
    (copy / "config.json").write_text(json.dumps({**config, "model_type": "odd", "auto_map": code}))
    with pytest.raises(UsageError, match="needs Python code of its own"):
        open_hf(str(copy), store=store)
    # where transformers knows the architecture itself, the code beside it is left alone
    (copy / "config.json").write_text(json.dumps({**config, "auto_map": code}))
    assert open_hf(str(copy), store=store, threads=1, max_tokens=2).invoke("x").text == "Ondol"


@pytest.mark.parametrize("kept", [4, 100, -1])
def test_cut_off_weights_are_damaged(copy, store, kept):
    file = copy / "model.safetensors"
    file.write_bytes(file.read_bytes()[:kept])
    with pytest.raises(Damaged, match=r"model\.safetensors is damaged"):
        open_hf(str(copy), store=store)


def test_a_missing_part_is_damaged(copy, store):
    (copy / "model.safetensors").unlink()
    (copy / "model.safetensors.index.json").write_text('{"weight_map": {"a": "model-00001-of-00001.safetensors"}}')
    with pytest.raises(Damaged, match=r"model-00001-of-00001\.safetensors is missing"):
        open_hf(str(copy), store=store)


def test_weights_that_would_be_random_are_damaged(copy, store):
    config = json.loads((copy / "config.json").read_text())
    (copy / "config.json").write_text(json.dumps({**config, "num_hidden_layers": 2}))
    with pytest.raises(Damaged, match="lacks 9 of its weights"):
        open_hf(str(copy), store=store)


def test_a_model_larger_than_the_memory_is_told_with_numbers(copy, store, monkeypatch):
    monkeypatch.setattr(loading, "memory_mb", lambda: (1, 1))
    with pytest.raises(BackendError, match=r"needs \d MB as float32, and cpu has 1 MB free"):
        open_hf(str(copy), store=store, device="cpu")


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (MemoryError(), BackendError),
        (RuntimeError("[enforce fail] DefaultCPUAllocator: can't allocate memory: you tried 99 bytes"), BackendError),
        (RuntimeError("unable to mmap 99 bytes from file <a>: Cannot allocate memory (12)"), BackendError),
        (SafetensorError("I/O error: Cannot allocate memory (os error 12)"), BackendError),
        (OSError(12, "Cannot allocate memory"), BackendError),
    ],
)
def test_memory_that_runs_out_while_loading_is_told_as_such(copy, error, kind):
    with pytest.raises(kind, match="The memory is too small for the model in"), told(copy):
        raise error


@pytest.mark.parametrize("files", [["tokenizer.json"], ["tokenizer.json", "tokenizer_config.json"]])
def test_a_model_without_its_tokenizer_is_told_as_such(copy, store, files):
    for name in files:
        (copy / name).unlink()
    with pytest.raises(UnusableInput, match="holds no tokenizer"):
        open_hf(str(copy), store=store)


def test_a_context_beyond_the_training_is_refused(copy, store):
    with pytest.raises(UsageError, match="trained on 2048 tokens; a context of 2049 is too large") as told_here:
        open_hf(str(copy), store=store, context=2049)
    assert told_here.value.hint
    with open_hf(str(copy), store=store, threads=1) as model:
        assert model.context == 2048


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"model_type": ["llama"], "auto_map": {}}, "model_type is no text"),
        ({"num_hidden_layers": float("inf")}, "num_hidden_layers.* expected int, got float"),
        ({"num_attention_heads": -9}, "not a multiple of the number of attention heads"),
        ({"max_position_embeddings": "x"}, "expected int, got str"),
    ],
)
def test_a_config_with_odd_values_is_an_error_of_ours(copy, store, change, words):
    config = json.loads((copy / "config.json").read_text())
    (copy / "config.json").write_text(json.dumps({**config, **change}))
    with pytest.raises(BackendError, match=words):
        open_hf(str(copy), store=store)


@pytest.mark.filterwarnings("ignore::UserWarning")  # torch's, of tensors without elements
@given(st.data())
@settings(max_examples=100)
def test_odd_values_in_a_config_end_in_an_error_of_ours_or_a_model(script_path, data):
    config = json.loads((script_path / "config.json").read_text())
    names = st.sampled_from([*config, "auto_map", "text_config", "quantization_config", "rope_scaling"])
    config |= data.draw(st.dictionaries(names, st.sampled_from(ODD_VALUES), min_size=1, max_size=2))
    with tempfile.TemporaryDirectory() as folder:
        for file in script_path.iterdir():
            (Path(folder) / file.name).symlink_to(file)
        (Path(folder) / "config.json").unlink()
        (Path(folder) / "config.json").write_text(json.dumps(config))
        with suppress(OndolError):
            HuggingFace(path=Path(folder), threads=1)


@pytest.mark.parametrize("name", ["config.json", "tokenizer.json", "tokenizer_config.json", "generation_config.json"])
@pytest.mark.parametrize("content", ["[1]", "[" * 100_000, '{"a":', "\x00", "null"])
def test_json_that_is_no_object_never_ends_in_a_bug(copy, store, name, content):
    (copy / name).write_text(content)
    with suppress(OndolError):
        open_hf(str(copy), store=store, threads=1).close()


@pytest.mark.parametrize(
    "content",
    ['{"weight_map": []}', '{"weight_map": {"a": 3}}', '{"weight_map": {"a": "../b"}}', "[]", "[" * 100_000, "{}"],
)
def test_an_index_that_names_no_files_is_damaged(copy, store, content):
    (copy / "model.safetensors").unlink()
    (copy / "model.safetensors.index.json").write_text(content)
    with pytest.raises(Damaged, match=r"model\.safetensors\.index\.json is damaged"):
        open_hf(str(copy), store=store)


def test_a_model_of_ollama_is_not_looked_for_at_the_hub(store):
    with pytest.raises(NotFound, match="Ollama has no model 'nothing-at-all'"):
        open_hf("ollama/nothing-at-all", store=store)


def test_what_is_not_here_is_told(store, tmp_path):
    with pytest.raises(Offline, match="'nobody/nothing' is not in the hub's cache"):
        open_hf("nobody/nothing", store=store)
    for name in ("nothing", str(tmp_path / "nothing"), "./no/where"):
        with pytest.raises(NotFound):
            open_hf(name, store=store)


def test_a_file_that_is_no_gguf_is_refused(store, tmp_path):
    (tmp_path / "a.gguf").write_bytes(b"no model")
    with pytest.raises(UnusableInput, match="not a GGUF file"):
        open_hf(str(tmp_path / "a.gguf"), store=store)
