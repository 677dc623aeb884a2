"""Adapters by name: opened in both runtimes, exported, brought in, removed."""

import json
import shutil

import pytest
from langchain_core.messages import HumanMessage

from ondol.assemble import open_model
from ondol.assemble_training import export_finetuned, run_finetuning
from ondol.errors import NotFound, UnusableInput, UsageError
from ondol.finetune.adapters import import_adapter, remove_adapter, take_adapter, take_adapters
from ondol.finetune.export import write_modelfile
from ondol.finetune.folder import find_run, list_runs, write_about
from ondol.finetune.template import TUNED_TEMPLATE
from ondol.settings import load_settings

ABOUT = {"name": "warm", "kind": "chat", "method": "lora", "base": "llama.cpp:gemma-3-270m", "status": "done"}


@pytest.fixture
def home(tmp_path):
    """A home with a finished run `warm` whose files are empty."""
    folder = tmp_path / "adapters" / "warm"
    (folder / "adapter").mkdir(parents=True)
    (folder / "warm.gguf").touch()
    write_about(folder, ABOUT)
    return tmp_path


def take(home, runtime, name, adapter):
    return take_adapter(home, runtime, name, {"adapter": adapter}, known={"gemma-3-270m", "smollm2-135m-instruct"})


def test_a_name_becomes_the_files_that_the_runtime_opens(home):
    folder = home / "adapters" / "warm"
    assert take(home, "hf", "gemma-3-270m", "warm") == ("gemma-3-270m", {"adapter": str(folder / "adapter")})
    assert take(home, "llama.cpp", "gemma-3-270m", "warm")[1] == {"adapter": str(folder / "warm.gguf")}
    assert take(home, "hf", "x", str(folder))[1] == {"adapter": str(folder)}, "a path stays as it is"


def test_several_adapters_of_one_base_are_named_too(home):
    options = {"adapters": {"warm": 0.5, "elsewhere/x.gguf": 1.0}}
    taken = take_adapters(home, "llama.cpp", "gemma-3-270m", options, known=())
    assert taken == {"adapters": {str(home / "adapters" / "warm" / "warm.gguf"): 0.5, "elsewhere/x.gguf": 1.0}}


def test_an_adapter_of_another_base_is_refused(home):
    with pytest.raises(UsageError, match="belongs to gemma-3-270m, not to smollm2-135m-instruct") as told:
        take(home, "llama.cpp", "smollm2-135m-instruct", "warm")
    assert "--model llama.cpp:gemma-3-270m --adapter warm" in told.value.hint


def test_an_unknown_adapter_names_the_nearest(home):
    with pytest.raises(NotFound, match="No adapter is called 'wram'") as told:
        take(home, "hf", "gemma-3-270m", "wram")
    assert "'warm'" in told.value.hint


def test_a_run_that_is_not_finished_is_no_adapter(home):
    write_about(home / "adapters" / "half", {**ABOUT, "name": "half", "status": "training"})
    with pytest.raises(NotFound, match="was not finished"):
        find_run(home, "half")
    assert [row["status"] for row in list_runs(home)] == ["training", "done"]


def test_a_damaged_run_is_listed_and_can_be_removed(home):
    (home / "adapters" / "warm" / "run.json").write_text("{")
    assert [row["status"] for row in list_runs(home)] == ["damaged"]
    remove_adapter(home, "warm")
    assert list_runs(home) == []
    with pytest.raises(NotFound):
        remove_adapter(home, "warm")


def test_a_whole_model_is_opened_as_one(home):
    folder = home / "adapters" / "whole"
    write_about(folder, {**ABOUT, "name": "whole", "method": "full"})
    assert take(home, "hf", "gemma-3-270m", "whole") == (str(folder / "model"), {})
    with pytest.raises(UsageError, match="a whole model"):
        take(home, "llama.cpp", "gemma-3-270m", "whole")


def test_a_peft_folder_is_brought_in_and_what_is_none_is_refused(home, tmp_path):
    folder = tmp_path / "elsewhere"
    folder.mkdir()
    with pytest.raises(UnusableInput, match="is no PEFT adapter"):
        import_adapter(home, folder, "mine")
    (folder / "adapter_config.json").write_text(json.dumps({"peft_type": "LORA", "base_model_name_or_path": ""}))
    (folder / "adapter_model.safetensors").touch()
    with pytest.raises(UsageError, match="does not say its base"):
        import_adapter(home, folder, "mine")
    assert import_adapter(home, folder, "mine", base="hf:some/base")["method"] == "lora"
    with pytest.raises(UsageError, match="cannot be the name of a new adapter"):
        import_adapter(home, folder, "mine", base="hf:some/base")
    assert take(home, "hf", "some/base", "mine")[1]["adapter"].endswith("mine/adapter")


def test_a_modelfile_has_the_template_that_was_taught(tmp_path):
    write_modelfile(tmp_path / "Modelfile", model="./whole.gguf", template=TUNED_TEMPLATE)
    text = (tmp_path / "Modelfile").read_text()
    assert text.startswith("FROM ./whole.gguf\nTEMPLATE")
    assert "User:\n{{ .Prompt }}\n\nAssistant:\n" in text
    write_modelfile(tmp_path / "Modelfile", model="gemma", adapter="./a.gguf")
    assert (tmp_path / "Modelfile").read_text() == "FROM gemma\nADAPTER ./a.gguf\nPARAMETER temperature 0\n"


def test_an_adapter_goes_out_in_every_form_and_says_the_same(tmp_path, make_base, make_config):
    settings = load_settings(home=tmp_path)
    base = make_base("Qwen2")
    run_finetuning(make_config(base=f"hf:{base}", epochs=20, rate=1e-2), settings=settings)
    peft = export_finetuned("small", tmp_path / "out" / "peft", settings=settings)
    merged = export_finetuned("small", tmp_path / "out" / "merged", settings=settings, whole=True)
    for row in (peft, merged):
        assert row["parity"]["equal"] == row["parity"]["prompts"] == 4
        assert row["parity"]["nats"] < 1e-4
    with pytest.raises(UsageError, match="is there already"):
        export_finetuned("small", tmp_path / "out" / "peft", settings=settings)
    shutil.move(tmp_path / "adapters" / "small", tmp_path / "gone")
    import_adapter(tmp_path, tmp_path / "out" / "peft", "back", base=f"hf:{base}")
    with open_model(f"hf:{base}", settings=settings, adapter="back") as model:
        assert model.invoke([HumanMessage("x")], max_tokens=4)


@pytest.mark.weights
def test_both_runtimes_reproduce_what_was_taught_and_every_gguf_agrees(tmp_path, make_config):
    settings = load_settings()
    (tmp_path / "models").symlink_to(settings.home / "models")
    if not (settings.home / "models" / "smollm2-135m-instruct").is_dir():
        pytest.skip("smollm2-135m-instruct is not here: ondol models pull smollm2-135m-instruct")
    here = load_settings(home=tmp_path)
    rows = [("What is ondol?", "A warm floor."), ("Who tends the stove?", "Grandmother Sun does.")]
    (tmp_path / "two.csv").write_text("question,answer\n" + "".join(f"{q},{a}\n" for q, a in rows))
    base = "llama.cpp:smollm2-135m-instruct"
    run_finetuning(
        make_config(base=base, data=tmp_path / "two.csv", epochs=12, rate=1e-3, threads=0), settings=here
    )  # fmt: skip
    for spec in (base, "hf:smollm2-135m-instruct"):
        with open_model(spec, settings=here, adapter="small") as model:
            said = [model.invoke([HumanMessage(question)], max_tokens=40) for question, _ in rows]
        assert [message.text for message in said] == [answer for _, answer in rows]
        assert {message.response_metadata["finish_reason"] for message in said} == {"stop"}
    row = export_finetuned("small", tmp_path / "small.gguf", settings=here)
    assert row["parity"]["equal"] >= 3, row
    assert row["parity"]["nats"] < 0.05, row
