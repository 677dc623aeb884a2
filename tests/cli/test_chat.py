"""`ondol chat` and `ondol threads` as people run them."""

import json
import os
import signal
import time

import pytest
from prompt_toolkit.application import create_app_session
from prompt_toolkit.input import create_pipe_input
from prompt_toolkit.output import DummyOutput

from ondol.cli.chat_input import prompt_lines, read_blocks


@pytest.fixture
def pipe(start):
    """`pipe("line", …)`: a conversation fed from a pipe, in a process of its own; code, stdout, stderr."""

    def run(*lines, options=()):
        with start("chat", *options, stdin=-1) as process:
            out, err = process.communicate("\n".join(lines) + "\n", timeout=60)
        return process.returncode, out, err

    return run


def test_one_message_is_answered_from_the_documents(ondol, filled):
    ran = ondol("chat", "When does the museum open?", "--json")
    turn = ran.json["turns"][0]
    assert turn["citations"][0]["quote"] == "The museum opens at 9:30."
    assert ran.json["thread"] == "When does the museum open?"


def test_a_thread_goes_on_by_name(ondol, filled):
    ondol("chat", "방앗간 입장료는 얼마예요?", "-t", "나들이")
    ondol("chat", "When does the museum open?", "-t", "나들이")
    told = ondol("threads", "show", "나들이", "--json").json
    assert [row["role"] for row in told["messages"]] == ["user", "assistant"] * 2
    assert told["turns"] == 2


def test_the_latest_thread_goes_on(ondol, filled):
    ondol("chat", "When does the museum open?", "-t", "a")
    ondol("chat", "When does it close?", "--last")
    assert ondol("threads", "list", "--json").json["threads"][0]["turns"] == 2


def test_there_is_no_latest_thread_at_first(ondol):
    ran = ondol("chat", "x", "--last")
    assert ran.code == 4
    assert "There is no conversation yet." in ran.err


def test_without_a_collection_the_model_answers_by_itself(ondol):
    ran = ondol("chat", "Is it warm?", "-m", "fake:It is.")
    assert (ran.code, ran.out.strip()) == (0, "It is.")
    assert "There is no collection 'main' yet." in ran.err


def test_documents_that_were_asked_for_must_be_there(ondol):
    ran = ondol("chat", "Is it warm?", "--docs")
    assert ran.code == 4


def test_a_follow_up_tells_what_was_searched(ondol, filled):
    ondol("chat", "When does the museum open?", "-t", "a")
    ran = ondol("chat", "why?", "-t", "a")
    assert "(searched for: When does the museum open? why?)" in ran.err


def test_thinking_is_folded_unless_it_is_asked_for(ondol):
    spec = "fake:<think>음, 어디 보자.</think>따뜻합니다."
    folded = ondol("chat", "온돌은?", "--no-docs", "-m", spec)
    shown = ondol("chat", "온돌은?", "--no-docs", "-m", spec, "--show-thinking")
    assert folded.out.strip() == shown.out.strip() == "따뜻합니다."
    assert "어디 보자" not in folded.err
    assert "thought for" in folded.err
    assert "어디 보자" in shown.err


def test_ask_shows_thinking_too(ondol, filled):
    spec = "fake:<think>Look at the sign.</think>The museum opens at 9:30. [1]"
    ran = ondol("ask", "When does the museum open?", "-m", spec, "--show-thinking")
    assert "Look at the sign." in ran.err
    assert "Look at the sign." not in ran.out
    assert ondol("ask", "When does the museum open?", "-m", spec, "--json").json["thinking"] == "Look at the sign."


def test_a_model_that_cannot_be_opened_is_not_kept(ondol):
    ondol("chat", "first", "-t", "a", "--no-docs")
    assert ondol("chat", "second", "-t", "a", "-m", "llama.cpp:nothing").code == 4
    told = ondol("threads", "show", "a", "--json").json
    assert (told["model"], told["messages"][-1]["content"]) == ("fake:", "second")
    assert ondol("chat", "third", "-t", "a").code == 0


def test_what_cannot_be_opened_leaves_the_session_as_it_was(pipe, ondol, filled):
    ondol("chat", "When does the museum open?", "-t", "there", "-c", "main")
    home = filled.parent / "home"
    (home / "collections").rename(home / "gone")
    code, _, err = pipe("first", "/open there", "second", "/model", options=("--no-docs", "-t", "here"))
    assert code == 0
    assert "There is no collection 'main' yet." in err
    assert ondol("threads", "show", "here", "--json").json["turns"] == 2
    assert ondol("threads", "show", "there", "--json").json["turns"] == 1


def test_names_that_are_taken_are_told_at_once(pipe):
    _, out, err = pipe("first", "/new first", "/name first", "/new", "/name first", "/name ", options=("--no-docs",))
    assert err.count("There is a conversation 'first' already.") == 2
    assert out.splitlines() == ["first"]
    assert "Something is missing behind the command." in err


def test_a_question_may_begin_with_a_slash(pipe):
    _, out, err = pipe("/etc/hosts holds names.", '"""', "/help", '"""', "/tmp is full.", options=("--no-docs",))
    assert out.splitlines() == ["/etc/hosts holds names.", "/help"]
    assert "There is no command /tmp." in err


def test_a_file_may_be_called_anything(pipe, tmp_path):
    names = ["it's.md", "my file.md", '"a file.md"']
    _, _, err = pipe("first", *(f"/export {name}" for name in names), options=("--no-docs",))
    assert [name for name in names if not (tmp_path / name.strip('"')).is_file()] == [], err


def test_every_line_is_a_message_where_json_is_wanted(start):
    with start("chat", "--no-docs", "--json", stdin=-1) as process:
        out, _ = process.communicate("first\n/quit\n")
    assert [turn["answer"] for turn in json.loads(out)["turns"]] == ["first", "/quit"]


def test_an_empty_input_is_told(start):
    with start("chat", "--no-docs", "--json", stdin=-1) as process:
        _, err = process.communicate("\n")
    assert (process.returncode, "There is no message in the input." in err) == (5, True)


def test_options_that_contradict_each_other_are_refused(ondol, filled):
    assert ondol("chat", "x", "--last", "-t", "a").code == 2
    assert ondol("chat", "x", "--system", "Be kind.").code == 2
    assert ondol("chat", "x", "--system", "Be kind.", "--no-docs").code == 0


def test_sources_are_those_of_the_last_answer_also_after_undo_and_later(pipe, ondol, filled):
    ondol("chat", "When does the museum open?", "-t", "a")
    _, out, err = pipe("/sources", "방앗간 입장료는 얼마예요?", "/undo", "/undo", "/sources", options=("-t", "a"))
    assert "The museum opens at 9:30." in out.split("방앗간")[0]
    assert "The last answer names no sources." in err


def test_a_conversation_from_a_pipe_takes_commands_and_several_lines(pipe, tmp_path):
    code, out, err = pipe(
        "first", '"""', "two", "lines", '"""', "/undo", "/name my talk", "/export talk.md", "/hlp", "/threads", "/quit",
        "never", options=("--no-docs",),
    )  # fmt: skip
    assert code == 0
    assert "Taken back: two\nlines" in err
    assert "Did you mean /help?" in err
    assert "1 turns  my talk" in out
    assert "## first" in (tmp_path / "talk.md").read_text(encoding="utf-8")
    assert "never" not in out


def test_a_mistake_ends_its_turn_only(pipe):
    mistakes = {
        "/open nowhere": "There is no conversation 'nowhere'.",
        "/docs nowhere": "There is no collection 'nowhere' yet.",
        "/model nowhere": "names no chat model",
        "/sources": "The last answer names no sources.",
        "/think maybe": "/think is on or off.",
        "/name": "Something is missing behind the command.",
        "/retry": "There is nothing to answer again.",
        "/undo": "There is nothing to take back.",
        "/export no/such/folder.md": "cannot be written",
    }
    code, out, err = pipe(*mistakes, "still here", options=("--no-docs",))
    assert code == 0
    assert [told for told in mistakes.values() if told not in err] == []
    assert "still here" in out


def test_every_command_is_explained_in_korean(pipe, monkeypatch):
    monkeypatch.setenv("ONDOL_LANG", "ko")
    code, out, _ = pipe("/help", options=("--no-docs",))
    assert code == 0
    assert all(any("가" <= char <= "힣" for char in line) for line in out.splitlines() if line.startswith("  /"))


def test_another_thread_and_model_can_be_taken_in_between(pipe):
    _, out, err = pipe(
        "first", "/new other", "second", "/open first", "/model fake:Changed.", "third", "/think on", "/docs off",
        options=("--no-docs",),
    )  # fmt: skip
    assert "other · documents: – · fake:\nfirst ·" in err
    assert out.splitlines()[-1] == "Changed."


def test_ctrl_c_keeps_the_turn(start, tmp_path, ondol):
    words = " ".join(["word"] * 3_000_000)
    environment = {**os.environ, "ONDOL_MODEL": f"fake:{words[:100_000]}"}
    with start("chat", "--no-docs", stdin=-1, env=environment) as process:
        process.stdin.write("go on and on\n")
        process.stdin.flush()
        process.stdout.read(40)
        process.send_signal(signal.SIGINT)
        process.stdin.write("/quit\n")
        process.stdin.close()
        process.stdout.read()
        assert process.wait(60) == 0
    told = ondol("threads", "show", "go on", "--json").json["messages"]
    assert told[0]["content"] == "go on and on"
    assert told[1]["finish_reason"] in ("interrupted", "stop")


def test_a_killed_process_keeps_every_finished_turn(start, ondol):
    with start("chat", "--no-docs", "-t", "a", stdin=-1) as process:
        process.stdin.write("first\nsecond\n")
        process.stdin.flush()
        assert [process.stdout.readline().strip() for _ in range(2)] == ["first", "second"]
        until = time.monotonic() + 30
        while ondol("threads", "show", "a", "--json").json["turns"] < 2 and time.monotonic() < until:
            time.sleep(0.05)
        process.kill()
    told = ondol("threads", "show", "a", "--json").json
    assert [row["content"] for row in told["messages"]] == ["first", "first", "second", "second"]
    assert ondol("chat", "third", "-t", "a", "--no-docs").code == 0


def test_two_windows_cannot_continue_one_thread(start, ondol):
    ondol("chat", "first", "-t", "a", "--no-docs")
    with start("chat", "--no-docs", "-t", "a", stdin=-1) as process:
        process.stdin.write("second\n")
        process.stdin.flush()
        process.stdout.readline()
        ran = ondol("chat", "third", "-t", "a", "--no-docs")
        process.stdin.close()
    assert ran.code == 2
    assert "open in another window" in ran.err


def test_threads_are_renamed_exported_and_removed(ondol, tmp_path):
    ondol("chat", "따뜻해요?", "--no-docs", "-t", "온돌")
    assert ondol("threads", "rename", "온돌", "구들").code == 0
    assert "## 따뜻해요?" in ondol("threads", "export", "구들").out
    assert ondol("threads", "export", "구들", "--out", tmp_path / "a.json").code == 0
    assert json.loads((tmp_path / "a.json").read_text(encoding="utf-8"))["name"] == "구들"
    again = ondol("threads", "export", "구들", "--out", tmp_path / "a.json")
    assert (again.code, "is there already" in again.err) == (2, True)
    assert ondol("threads", "rm", "구").code == 4
    assert ondol("threads", "rm", "구들", "--json").json["threads"][0]["name"] == "구들"
    assert ondol("threads", "list", "--json").json == {"threads": []}


def test_blocks_are_read_from_a_pipe():
    lines = ["a\n", "\n", '"""\n', "b\n", " c\n", '"""\n', "d\n", '"""\n', "left open\n"]
    assert list(read_blocks(lines)) == ["a", "b\n c", "d", "left open"]


def test_enter_sends_and_alt_enter_begins_a_line():
    with create_pipe_input() as keys, create_app_session(input=keys, output=DummyOutput()):
        keys.send_text("온돌은\x1b\r따뜻해요?\r")
        keys.send_text("dropped\x03")
        keys.send_text("typed ahead\n")
        keys.send_text("\x04")
        assert list(prompt_lines(lambda: ["earlier"])) == ["온돌은\n따뜻해요?", "typed ahead"]
