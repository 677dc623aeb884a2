"""`generate`: one prompt, the text as it comes or as JSON."""

import io
import sys

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
