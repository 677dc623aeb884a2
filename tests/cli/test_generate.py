"""`generate`: one prompt, the text as it comes or as JSON."""

import io
import signal
import sys

import pytest
from langchain_core.messages import AIMessageChunk

from tests.models.conftest import write_model

THINKS = "fake:<think>Let me see.</think>It is warm."


def test_the_text_is_printed_and_nothing_else(ondol):
    ran = ondol("generate", "How are you? Fine.")
    assert (ran.code, ran.out, ran.err) == (0, "How are you?\n", "")


def test_json_tells_text_thinking_usage_and_times(ondol):
    row = ondol("generate", "따뜻한가요?", "--model", THINKS, "--json").json
    assert (row["text"], row["thinking"], row["finish_reason"]) == ("It is warm.", "Let me see.", "stop")
    assert set(row["usage"]) == {"prompt_tokens", "completion_tokens"}
    assert row["ms"]["first_token"] <= row["ms"]["total"]


def test_thinking_is_folded_into_a_line_unless_it_is_asked_for(ondol):
    folded, shown = (ondol("generate", "x", "-m", THINKS, *more) for more in ([], ["--show-thinking"]))
    assert folded.out == shown.out == "It is warm.\n"
    assert "Let me see." not in folded.err
    assert folded.err.startswith("(thought for ")
    assert shown.err.startswith("Let me see.\n(thought for ")


def test_a_dash_reads_the_prompt_from_the_input(ondol, monkeypatch):
    monkeypatch.setattr(sys, "stdin", io.StringIO("온돌은 따뜻하다. 정말로."))
    assert ondol("generate", "-").out == "온돌은 따뜻하다.\n"


def test_a_text_that_was_cut_says_how_to_get_more(ondol):
    ran = ondol("generate", "one two three four", "--max-tokens", "2")
    assert ran.out == "one two\n"
    assert ran.err == "(cut off at 2 tokens; --max-tokens allows more)\n"


def test_a_stop_string_ends_the_text(ondol):
    assert ondol("generate", "one two three", "--stop", "three", "--json").json["text"] == "one two "


def test_an_unknown_runtime_is_an_unknown_name(ondol):
    ran = ondol("generate", "x", "--model", "lama.cpp:x")
    assert ran.code == 4
    assert "Did you mean 'llama.cpp'?" in ran.err


def test_options_of_the_model_are_names_and_values(ondol):
    assert ondol("generate", "one two three", "-m", "fake:a b c d", "-o", "max_tokens=2").out.strip() == "a b"
    ran = ondol("generate", "x", "-o", "nothing")
    assert (ran.code, "'nothing' is no option: it is written NAME=VALUE." in ran.err) == (2, True)
    ran = ondol("chat", "x", "--no-docs", "-o", "max_token=2")
    assert (ran.code, "Did you mean 'max_tokens'?" in ran.err) == (2, True)


@pytest.fixture
def endless(tmp_path):
    """The file of a model that does not stop by itself."""
    return str(write_model(tmp_path / "tiny.gguf", endless=True))


def test_a_full_window_is_not_blamed_on_max_tokens(ondol, endless):
    asked = ("generate", "x", "-m", f"llama.cpp:{endless}", "--context", "64")
    assert ondol(*asked).err == "(the window of 64 tokens is full; --context makes it larger)\n"
    assert ondol(*asked, "--max-tokens", "3").err == "(cut off at 3 tokens; --max-tokens allows more)\n"
    row = ondol(*asked, "--json").json
    assert (row["finish_reason"], sum(row["usage"].values())) == ("length", 64)


@pytest.mark.parametrize("option", ["parallel=two", "threads=many", "context=long", "kv_type=8", "gpu_layers=all"])
def test_an_option_of_the_wrong_type_is_told(ondol, endless, option):
    ran = ondol("generate", "x", "-m", f"llama.cpp:{endless}", "-o", option)
    assert ran.code == 2
    assert f"The model cannot be opened like this: {option.partition('=')[0]}=" in ran.err


def test_ctrl_c_ends_the_text_and_says_so(start, tmp_path):
    long = write_model(tmp_path / "long.gguf", script=["warm " * 40, "floor " * 40], endless=True)
    process = start("generate", "x", "-m", f"llama.cpp:{long}", "--max-tokens", "900")  # more than a pipe holds
    assert process.stdout.read(5) == "warm "
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=20)
    assert (process.returncode, err, out[-1:]) == (130, "(stopped)\n", "\n")


def test_ctrl_c_leaves_json_with_what_was_written(ondol, monkeypatch):
    def write(*_):
        yield AIMessageChunk(content="One")
        signal.raise_signal(signal.SIGINT)

    monkeypatch.setattr("ondol.cli.generate._write", write)
    ran = ondol("generate", "x", "--json")
    assert (ran.code, ran.json["text"], ran.json["finish_reason"]) == (130, "One", "cancelled")
    assert ran.json["usage"] == {"prompt_tokens": None, "completion_tokens": None}


def test_where_an_hf_model_runs_is_told_in_json_and_where_it_was_chosen(ondol, tmp_path):
    write_script = pytest.importorskip("tests.models.hf.conftest", exc_type=ImportError).write_script
    asked = ("generate", "x", "-m", f"hf:{write_script(tmp_path / 'hf')}", "--max-tokens", "2")
    chosen = ondol(*asked, "--device", "cpu", "--dtype", "float32", "--json")
    assert chosen.err.endswith("Runs on cpu: float32 (as asked, dtype as asked).\n")
    assert (chosen.json["device"], chosen.json["dtype"]) == ("cpu", "float32")
    assert chosen.json["why"].startswith("cpu: float32")
    free = ondol(*asked, "--json")
    assert (free.err, "why" in free.json) == ("", True)


def test_ctrl_c_before_the_first_word_is_told_once(ondol, monkeypatch):
    class Silent(io.StringIO):
        def read(self, *_):
            signal.raise_signal(signal.SIGINT)

    monkeypatch.setattr(sys, "stdin", Silent())
    ran = ondol("generate", "-")
    assert (ran.code, ran.out, ran.err.strip()) == (130, "", "(stopped)")
