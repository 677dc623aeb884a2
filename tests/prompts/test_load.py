"""Which file a name stands for: the project's, the home's, then ours; in the question's language."""

import pytest

from ondol.errors import NotFound, UsageError
from ondol.lang import detect_language
from ondol.prompts.load import OURS, Prompts, load_prompt, open_prompts

OURS_NAMES = {"classify", "combine", "condense", "extract", "question", "sentiment", "summarise", "translate"}
CHAT_NAMES = {"agent", "ask-across", "condense-turns", "followup"}
"""For tuned models alone."""


def write(folder, file, text="x", **front):
    folder.mkdir(parents=True, exist_ok=True)
    lines = "".join(f"{key}: {value}\n" for key, value in front.items())
    (folder / file).write_text(f"---\n{lines}---\n{text}", encoding="utf-8")


@pytest.fixture(autouse=True)
def place(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("ONDOL_HOME", str(tmp_path / "home"))
    return tmp_path


def test_all_of_ours_are_there_in_both_languages_with_examples_for_base_models():
    rows = list(Prompts((("ondol", OURS),)).rows())
    assert {(row["name"], row["language"]) for row in rows} == {
        (name, language) for name in OURS_NAMES | CHAT_NAMES | {"ask"} for language in ("en", "ko")
    }
    for row in [row for row in rows if row["name"] in OURS_NAMES]:
        prompt = load_prompt(row["name"], language=row["language"])
        assert prompt.completion
        assert len(prompt.examples) >= 2
        assert prompt.settings["max_tokens"]
        assert detect_language(" ".join(text for _, text in prompt.parts)) == row["language"]


def test_the_variants_of_a_prompt_take_the_same_variables():
    for name in OURS_NAMES:
        english, korean = (load_prompt(name, language=language) for language in ("en", "ko"))
        assert set(english.variables) == set(korean.variables)


def test_the_question_chooses_the_language():
    assert load_prompt("summarise", question="누가 지었나요?").language == "ko"
    assert load_prompt("summarise", question="Who built it?").language == "en"


def test_the_project_wins_over_the_home_and_both_over_ours(place):
    write(place / "home" / "prompts", "s.md", "home {text}", name="summarise", version=7)
    assert load_prompt("summarise").version == 7
    write(place / "prompts" / "en", "s.md", "here {text}", name="summarise", version=3)
    assert load_prompt("summarise").write_chat(text="x")[0].content == "here x"
    assert load_prompt("summarise", version=7).write_chat(text="x")[0].content == "home x"
    assert load_prompt("summarise", version=1).source.startswith(str(OURS))
    assert load_prompt("summarise", language="ko").source.startswith(str(OURS))


def test_the_newest_version_is_taken_unless_one_is_named(place):
    for version in (2, 10, 9):
        write(place / "prompts", f"mine-{version}.md", name="mine", version=version)
    assert load_prompt("mine").version == 10
    assert load_prompt("mine", version=2).version == 2
    with pytest.raises(NotFound, match="is not there as 3") as told:
        load_prompt("mine", version=3)
    assert "en 10, en 2, en 9" in told.value.hint


def test_a_prompt_in_one_language_serves_questions_in_both_unless_the_language_is_named(place):
    write(place / "prompts", "mine.md", name="mine", language="en")
    assert load_prompt("mine", question="이것은 무엇인가요?").language == "en"
    with pytest.raises(NotFound, match="The prompt 'mine' is not there as ko"):
        load_prompt("mine", language="ko")


def test_an_unknown_name_tells_the_nearest():
    with pytest.raises(NotFound) as told:
        load_prompt("sumarise")
    assert told.value.message == "No prompt is called 'sumarise'."
    assert told.value.hint.startswith("Did you mean 'summarise'?")


def test_a_broken_file_stops_only_what_is_called_like_it(place):
    write(place / "prompts", "broken.md", "{", name="broken")
    write(place / "prompts", "readme.md", name="readme")
    (place / "prompts" / "notes.md").write_text("# Notes", encoding="utf-8")
    assert load_prompt("summarise").name == "summarise"
    with pytest.raises(UsageError, match="is not a prompt"):
        load_prompt("broken")
    rows = {row["name"]: row for row in open_prompts().rows()}
    assert "brace" in rows["broken"]["problem"]
    assert "notes" not in rows


def test_two_files_of_one_version_are_refused(place):
    for name in ("a.md", "b.md"):
        write(place / "prompts", name, name="mine", version=1)
    with pytest.raises(UsageError, match=r"a\.md and .*b\.md are both version 1 of the prompt 'mine'"):
        load_prompt("mine")


def test_a_changed_file_is_read_again(place):
    write(place / "prompts", "mine.md", "one", name="mine")
    assert load_prompt("mine").write_chat()[0].content == "one"
    write(place / "prompts", "mine.md", "three", name="mine")
    assert load_prompt("mine").write_chat()[0].content == "three"
