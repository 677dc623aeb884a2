"""Files become examples; nothing of the held-out part is learnt."""

import json
import unicodedata

import pytest

from ondol.errors import NotFound, UnusableInput
from ondol.finetune.config import FinetuneConfig
from ondol.finetune.data import DataSource, data_hash, load_examples, load_source, split_data, split_examples, weighted
from ondol.finetune.examples import ask_and_answer


def load(path, **more):
    return load_source(DataSource(path=path, **more))


def turns_of(loaded):
    return [[(turn["role"], turn["content"]) for turn in example.turns] for example in loaded.examples]


def test_a_korean_table_in_cp949_and_one_in_nfd_say_the_same(tmp_path):
    text = "질문,답변\n온돌이 무엇인가요?,바닥을 데우는 난방입니다.\n"
    (tmp_path / "old.csv").write_bytes(text.encode("cp949"))
    (tmp_path / "mac.csv").write_bytes(unicodedata.normalize("NFD", text).encode())
    for name in ("old.csv", "mac.csv"):
        assert turns_of(load(tmp_path / name)) == [
            [("user", "온돌이 무엇인가요?"), ("assistant", "바닥을 데우는 난방입니다.")]
        ]


def test_every_kind_of_file_is_read(tmp_path):
    row = {"instruction": "Say it", "input": "in Korean", "output": "네"}
    chat = {"messages": [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Hello"}]}
    (tmp_path / "a.jsonl").write_text(json.dumps(row, ensure_ascii=False), encoding="utf-8")
    (tmp_path / "b.json").write_text(json.dumps({"data": [row]}), encoding="utf-8")
    (tmp_path / "c.json").write_text(
        json.dumps([chat, [{"from": "human", "value": "Q"}, {"from": "gpt", "value": "A"}]])
    )
    (tmp_path / "d.tsv").write_text("question\tanswer\none\ttwo\n")
    (tmp_path / "e.txt").write_text("First part,\ntwo lines.\n\n둘째 부분.\n", encoding="utf-8")
    said = [("user", "Say it\n\nin Korean"), ("assistant", "네")]
    assert turns_of(load(tmp_path / "a.jsonl")) == turns_of(load(tmp_path / "b.json")) == [said]
    assert turns_of(load(tmp_path / "c.json")) == [
        [("user", "Hi"), ("assistant", "Hello")], [("user", "Q"), ("assistant", "A")],
    ]  # fmt: skip
    assert turns_of(load(tmp_path / "d.tsv")) == [[("user", "one"), ("assistant", "two")]]
    assert [example.text for example in load(tmp_path / "e.txt").examples] == ["First part,\ntwo lines.", "둘째 부분."]


def test_parquet_is_read(tmp_path):
    pyarrow = pytest.importorskip("pyarrow")
    from pyarrow import parquet

    parquet.write_table(pyarrow.table({"질문": ["q"], "답변": ["a"], "n": [1]}), tmp_path / "x.parquet")
    assert turns_of(load(tmp_path / "x.parquet")) == [[("user", "q"), ("assistant", "a")]]


def test_rows_that_hold_no_example_are_told(tmp_path):
    (tmp_path / "x.csv").write_text("question,answer\nq,a\n,b\nc,\n")
    loaded = load(tmp_path / "x.csv")
    assert len(loaded.examples) == 1
    assert loaded.problems == ["x.csv:2: the question is empty", "x.csv:3: the answer is empty"]


@pytest.mark.parametrize(
    ("name", "text", "words"),
    [
        ("x.csv", "question,answer\n,\n", "holds no example"),
        ("x.csv", "question,answer\nq,\n", "None of the 1 rows"),
        ("x.csv", "question,answer\n", "holds no example"),
        ("x.json", "{not json", "not JSON"),
        ("x.docx", "PK", "of no kind that holds examples"),
        ("x.jsonl", json.dumps({"messages": [{"role": "user", "content": "q"}]}), "no question with an answer"),
        ("x.jsonl", json.dumps({"messages": [{"role": "narrator", "content": "q"}]}), "the speaker 'narrator'"),
    ],
)
def test_unusable_files_are_told(tmp_path, name, text, words):
    (tmp_path / name).write_text(text)
    with pytest.raises(UnusableInput, match=words):
        load(tmp_path / name)


def test_a_file_that_is_not_there_is_told(tmp_path):
    with pytest.raises(NotFound, match="There is no file"):
        load(tmp_path / "none.csv")


def test_the_system_message_stands_before_those_without_one(tmp_path):
    (tmp_path / "x.csv").write_text("question,answer\nq,a\n")
    loaded = load_source(DataSource(path=tmp_path / "x.csv"), system="Be brief.")
    assert turns_of(loaded)[0][0] == ("system", "Be brief.")


def test_weights_repeat_and_thin_out():
    examples = [ask_and_answer(f"q{n}", "a") for n in range(10)]
    assert len(weighted(examples, 2.5, 13)) == 25
    assert weighted(examples, 0.3, 13) == weighted(examples, 0.3, 13) != weighted(examples, 0.3, 14)


def test_the_same_question_is_never_on_both_sides():
    examples = [ask_and_answer(f"Question {n % 60}", f"answer {n}") for n in range(300)]
    split = split_examples(examples, share=0.2)
    asked = {example.question for example in split.valid}
    assert len(asked) == 12
    assert not asked & {example.question for example in split.train}
    assert split_examples(examples, share=0.2).valid == split.valid


def test_too_few_examples_are_all_learnt():
    assert split_examples([ask_and_answer("a", "b")] * 3, share=0.5).valid == []


def test_what_is_held_out_in_a_file_is_not_learnt(tmp_path):
    (tmp_path / "x.csv").write_text("question,answer\nOne?,1\nTwo?,2\n")
    (tmp_path / "held.csv").write_text("question,answer\n one? ,uno\n")
    run = {"name": "x", "base": "hf:x", "data": (DataSource(path=tmp_path / "x.csv"),)}
    split, loaded, leaked = split_data(FinetuneConfig(**run, valid=tmp_path / "held.csv"))
    assert ([example.question for example in split.train], leaked, len(loaded)) == (["Two?"], 1, 2)
    with pytest.raises(UnusableInput, match="Every example is held out too"):
        split_data(FinetuneConfig(**run, valid=tmp_path / "x.csv"))


def test_the_hash_of_data_changes_with_it(tmp_path):
    (tmp_path / "x.csv").write_text("question,answer\nq,a\n")
    examples, _ = load_examples([DataSource(path=tmp_path / "x.csv")])
    assert data_hash(examples) == data_hash(list(examples))
    assert data_hash(examples) != data_hash([ask_and_answer("q", "b")])
