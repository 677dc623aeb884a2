"""LoRA on the real runtime: tiny adapters that move every probability."""

import gguf
import numpy as np
import pytest

from ondol.errors import NotFound, UnusableInput, UsageError
from ondol.model_store.store import ModelStore
from ondol.models.llama_cpp.model import LlamaCpp, open_llama_cpp
from tests.models.conftest import WIDTH

RANK = 4


def write_adapter(path, *, seed=0, architecture="llama"):
    """Random; on the output matrix, and on what the cache keeps of the prompt."""
    random = np.random.default_rng(seed)
    writer = gguf.GGUFWriter(path, architecture)
    writer.add_type("adapter")
    writer.add_string("adapter.type", "lora")
    writer.add_float32("adapter.lora.alpha", float(RANK))
    for part, size in {"output": 0.2, "blk.0.attn_v": 1, "blk.0.attn_output": 1}.items():
        for name, shape in {"lora_a": (RANK, WIDTH), "lora_b": (WIDTH, RANK)}.items():
            writer.add_tensor(f"{part}.weight.{name}", (random.normal(size=shape) * size).astype(np.float32))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return path


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    folder = tmp_path_factory.mktemp("adapters")
    return [write_adapter(folder / f"{name}.gguf", seed=i) for i, name in enumerate(("one", "two"))]


def odds(path, **adapters):
    """Of a model that has done nothing before."""
    with LlamaCpp(path=path, threads=1, adapters=adapters) as fresh:
        return fresh.logprob("The same long prompt", " warm")


def test_switching_scales_gives_what_a_fresh_model_gives(tiny_path, files):
    one, two = map(str, files)
    base = odds(tiny_path)
    expected = {(1, 0): odds(tiny_path, **{one: 1}), (0, 1): odds(tiny_path, **{two: 1}),
                (0.5, 0): odds(tiny_path, **{one: 0.5}), (1, 1): odds(tiny_path, **{one: 1, two: 1}),
                (0, 0): base}  # fmt: skip
    assert len({round(value, 2) for value in expected.values()}) == len(expected)
    with LlamaCpp(path=tiny_path, threads=1, adapters={one: 0, two: 0}) as model:
        for scales in (*expected, *reversed(expected)):
            told = model.logprob("The same long prompt", " warm", lora=dict(zip(("one", "two"), scales, strict=True)))
            assert told == pytest.approx(expected[scales], abs=1e-3)


def test_the_scale_of_the_model_holds_for_calls_that_give_none(tiny_path, files, tmp_path):
    expected = odds(tiny_path, **{str(files[0]): 1})
    with open_llama_cpp(str(tiny_path), store=ModelStore(tmp_path), threads=1, adapter=str(files[0])) as model:
        assert model.logprob("The same long prompt", " warm") == pytest.approx(expected, abs=1e-3)
        changed, off = model.invoke("x").text, model.invoke("x", lora={"one": 0}).text
        assert off != changed
        assert model.complete("x", lora={str(files[0]): 0}).text
        assert model._identifying_params["adapters"] == {str(files[0]): 1.0}


def test_a_name_or_scale_that_is_none_is_refused(tiny_path, files):
    with LlamaCpp(path=tiny_path, threads=1, adapters={str(files[0]): 1}) as model:
        with pytest.raises(NotFound, match="no adapter 'three'") as told:
            model.invoke("x", lora={"three": 1})
        assert told.value.hint == "It has: one."
        with pytest.raises(UsageError, match="cannot have the scale nan"):
            model.invoke("x", lora={"one": float("nan")})


def test_an_adapter_that_does_not_fit_is_refused_before_anything_is_loaded(tiny_path, tmp_path):
    other = write_adapter(tmp_path / "other.gguf", architecture="gemma3")
    with pytest.raises(UsageError, match="is for a gemma3 model; this one is llama"):
        LlamaCpp(path=tiny_path, adapters={str(other): 1})
    with pytest.raises(UnusableInput, match="is no LoRA adapter"):
        LlamaCpp(path=tiny_path, adapters={str(tiny_path): 1})
    with pytest.raises(NotFound):
        LlamaCpp(path=tiny_path, adapters={str(tmp_path / "none.gguf"): 1})
    with pytest.raises(UsageError, match="is an adapter of PEFT") as told:
        LlamaCpp(path=tiny_path, adapters={str(tmp_path): 1})
    assert told.value.hint == f"Convert it: ondol models convert {tmp_path} --out {tmp_path.name}.gguf"
