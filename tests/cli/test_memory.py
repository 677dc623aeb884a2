"""`ondol memory` and the commands of `ondol chat` that go with it."""

import pytest


@pytest.fixture
def talked(ondol):
    """Two conversations without documents, each with a fact."""
    ondol("chat", "My name is Mina.", "--no-docs", "-t", "one", "-m", "fake:Hello.")
    ondol("chat", "저는 부산에 살아요.", "--no-docs", "-t", "two", "-m", "fake:네.")


def facts(ondol, *options):
    return {row["text"]: row for row in ondol("memory", "list", "--json", *options).json["facts"]}


def test_what_was_said_is_listed_with_its_conversation(ondol, talked):
    found = facts(ondol)
    assert {text: row["thread"] for text, row in found.items()} == {
        "My name is Mina": "one",
        "저는 부산에 살아요": "two",
    }
    assert {row["origin"] for row in found.values()} == {"noticed"}
    assert list(facts(ondol, "-t", "two")) == ["저는 부산에 살아요"]
    assert "  1  My name is Mina  (one)" in ondol("memory", "list").out


def test_a_person_is_told_what_was_remembered(ondol):
    ran = ondol("chat", "Remember that the gate is green.", "--no-docs", "-m", "fake:Fine.")
    assert ran.out.strip() == "Fine."
    assert "(remembered: the gate is green; /forget 1 forgets it)" in ran.err


def test_a_fact_is_added_edited_and_forgotten(ondol, talked, tmp_path):
    added = ondol("memory", "add", "I drink tea", "--thread", "one", "--json").json["facts"][0]
    assert (added["thread"], added["global"], added["origin"]) == ("one", False, "written")
    everywhere = ondol("memory", "add", "I am left-handed", "--global", "--json").json["facts"][0]
    assert (everywhere["thread"], everywhere["global"]) == (None, True)
    assert ondol("memory", "edit", added["id"], "I drink coffee", "--json").json["facts"][0]["text"] == "I drink coffee"
    told = ondol("memory", "forget", "1", added["id"], "--json").json
    assert [row["text"] for row in told["forgotten"]] == ["My name is Mina", "I drink coffee"]
    assert told["messages"] == 2
    assert list(facts(ondol)) == ["저는 부산에 살아요", "I am left-handed"]
    assert all(b"Mina" not in path.read_bytes() for path in (tmp_path / "home").rglob("*") if path.is_file())


def test_mistakes_are_told(ondol, talked):
    assert ondol("memory", "add", "x").code == 2
    assert ondol("memory", "add", "x", "--global", "-t", "one").code == 2
    assert ondol("memory", "add", " ", "--global").code == 2
    assert ondol("memory", "edit", "9", "x").code == 4
    ran = ondol("memory", "forget", "1", "9")
    assert (ran.code, "There is no fact 9." in ran.err) == (4, True)
    assert len(facts(ondol)) == 2
    assert ondol("memory", "list", "-t", "three").code == 4


def test_nothing_is_remembered_at_first(ondol):
    assert "Nothing is remembered." in ondol("memory", "list").err


def test_the_commands_of_a_conversation(start):
    lines = ["내 이름은 누리야.", "/memory", "/remember 온돌이 좋다", "/forget 1", "/forget x", "/memory", "/quit"]
    with start("chat", "--no-docs", "-m", "fake:네.", stdin=-1) as process:
        out, err = process.communicate("\n".join(lines) + "\n", timeout=60)
    assert "  1  내 이름은 누리야  (내 이름은 누리야.)" in out
    assert "  2  온돌이 좋다  (내 이름은 누리야.)" in out
    assert out.rstrip().endswith("2  온돌이 좋다  (….)")
    assert "'x' is no number of a fact." in err
