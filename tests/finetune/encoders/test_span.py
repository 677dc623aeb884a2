"""Spans: rows, windows, scores, training, and the reader without torch."""

import json
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest
import torch
from tokenizers import Tokenizer

from ondol.errors import BackendError, UnusableInput, UsageError
from ondol.finetune.data import DataSource
from ondol.finetune.encoders.columns import load_rows
from ondol.finetune.encoders.encoder import load_encoder
from ondol.finetune.encoders.span import SpanNetwork, collate_windows, run_span
from ondol.finetune.encoders.span_rows import NAMES, NEEDED, make_span_row
from ondol.finetune.start import check_same_data
from ondol.readers.onnx import open_onnx
from ondol.readers.windows import Window, best_span, label, make_windows

PLACES = ["busan", "seoul", "서울", "부산"]


def rows_with_digits(count=48):
    """The answer is the run of digits; every fourth text has none."""
    rows = []
    for number in range(count):
        place, digits = PLACES[number % 4], str(100 + 37 * number % 900)
        context = f"{place} is {digits} {place}" if number % 4 else f"{place} is {place} here"
        rows.append(
            {"question": f"where {place} n{number}?", "context": context, "answers": [digits] if number % 4 else []}
        )
    return rows


def load(path, **columns):
    return load_rows(DataSource(path=path, columns=columns), NAMES, NEEDED, make_span_row)


def test_an_answer_is_taken_at_its_start_or_where_it_is_nearest(write_rows):
    row = {"question": "어디?", "context": "서울, 서울, 서울"}
    path = write_rows("a.jsonl", [
        {**row, "answers": ["서울"], "answer_starts": [4]}, {**row, "answers": ["서울"], "answer_starts": [7]},
        {**row, "answers": {"text": ["서울"], "answer_start": [8]}}, {**row, "answers": "서울"}, {**row, "answers": []},
        {**row, "answers": ["서울"], "is_impossible": True},
    ])  # fmt: skip
    rows, problems = load(path)
    assert [made.start for made in rows] == [4, 8, 8, 0, -1, -1]
    assert problems == []


def test_rows_that_cannot_be_learnt_are_told(write_rows):
    good = {"question": "q?", "context": "seoul", "answers": ["seoul"]}
    path = write_rows(
        "a.jsonl", [good, {**good, "answers": ["busan"]}, {**good, "context": " "}, {**good, "question": ""}]
    )
    rows, problems = load(path)
    assert len(rows) == 1
    assert problems[0] == "a.jsonl:2: the answer does not stand in the context: 'busan'"
    assert [line.partition(":")[0] for line in problems] == ["a.jsonl"] * 3
    with pytest.raises(UnusableInput, match="None of the 1 rows"):
        load(write_rows("b.jsonl", [{**good, "answers": ["busan"]}]))


def test_contexts_are_joined_from_the_file_beside_or_from_the_one_that_is_named(write_rows, tmp_path):
    asked = [{"question": "q?", "answers": ["seoul"], "answer_starts": [0], "context_id": "c1"}]
    write_rows("contexts_train.jsonl", [{"id": "c1", "text": "seoul is big"}])
    write_rows("other.jsonl", [{"id": "c1", "text": "seoul"}])
    path = write_rows("questions_train.jsonl", asked)
    assert load(path)[0][0].context == "seoul is big"
    assert load(path, contexts="other.jsonl")[0][0].context == "seoul"
    lost = write_rows("questions_lost.jsonl", [{**asked[0], "context_id": "c9"}])
    (tmp_path / "contexts_lost.jsonl").write_text('{"id": "c1", "text": "x"}\n')
    with pytest.raises(UnusableInput, match="has no context 'c9'"):
        load(lost)


def test_a_column_that_is_not_there_is_told(write_rows):
    path = write_rows("a.jsonl", [{"context": "seoul", "answers": []}])
    with pytest.raises(UsageError, match="no column that is the question"):
        load(path)
    with pytest.raises(UsageError, match="no column 'nope'"):
        load(path, question="nope")


def test_windows_cover_a_long_text_and_label_the_answer_in_those_that_hold_it(encoder):
    tokenizer = Tokenizer.from_file(str(encoder / "tokenizer.json"))
    text = "".join("abcdefghij"[n % 10] for n in range(90))
    windows = make_windows(tokenizer, "where?", text, max_tokens=40)
    assert all(len(window.ids) <= 40 for window in windows)
    assert {place for window in windows for span in window.offsets for place in range(*span)} == set(range(90))
    labelled = [(window, label(window, 50, 53)) for window in windows]
    inside = [(window, places) for window, places in labelled if places != (0, 0)]
    assert 1 <= len(inside) < len(windows)
    for window, (first, last) in inside:
        left, right = window.offsets[first - window.first][0], window.offsets[last - window.first][1]
        assert (left, right) == (50, 53)


def test_a_mark_in_a_text_is_only_letters(encoder):
    tokenizer = Tokenizer.from_file(str(encoder / "tokenizer.json"))
    tokenizer.encode_special_tokens = True
    [window] = make_windows(tokenizer, "a?", "a[SEP]b")
    assert window.ids.count(2) == 2


def test_the_best_span_begins_before_it_ends_and_has_no_spaces_around_it():
    window = Window([1, 9, 2, 5, 6, 7, 2], [0] * 7, 3, [(0, 1), (1, 3), (3, 5)])
    starts, ends = np.zeros(7, np.float32), np.zeros(7, np.float32)
    starts[[0, 4]], ends[[0, 3, 5]] = (1, 5), (2, 8, 4)
    best = best_span(window, starts, ends, "a bcd")
    assert (best.start, best.end, best.score, best.null) == (2, 5, 9.0, 3.0)


def test_a_trained_model_finds_answers_and_their_absence(write_rows, configured, store, heard, tmp_path):
    config = configured(write_rows("digits.jsonl", rows_with_digits(80)), "span", epochs=12)
    about = run_span(config, store=store, folder=tmp_path / "run", progress=heard)
    assert about["status"] == "done"
    assert about["valid_nll"] < 1.0
    assert about["metrics"]["f1"][0] > 0.6
    assert 0 <= about["metrics"]["no_answer_accuracy"][0] <= 1
    assert json.loads((tmp_path / "run" / "run.json").read_text()) == json.loads(json.dumps(about))
    assert not (tmp_path / "run" / "checkpoints").exists()
    assert any(line.startswith("Held out: EM") for line in heard.lines)
    reader = open_onnx(str(tmp_path / "run"), store=store, threads=1)
    without, has = rows_with_digits()[:2]
    assert reader.find(without["question"], [without["context"]]).margin < about["threshold"]
    span = reader.find(has["question"], [has["context"]])
    assert span.margin > about["threshold"]
    assert span.answer == has["context"][span.start : span.end] == has["answers"][0]
    texts = [without["context"], has["context"]]
    each = reader.find_each(has["question"], texts)
    assert [one.text for one in each] == [0, 1]
    assert reader.find(has["question"], texts) == max(each, key=lambda one: one.margin)
    assert reader.find("where?", []) is None
    held = [json.loads(line) for line in (tmp_path / "run" / "held_out.jsonl").read_text().splitlines()]
    assert len(held) == about["held_out"]


def test_the_exported_graph_gives_the_networks_logits(configured, encoder, store, tmp_path, write_rows, heard):
    config = configured(write_rows("digits.jsonl", rows_with_digits()), "span", max_steps=2, valid_share=0)
    about = run_span(config, store=store, folder=tmp_path / "run", progress=heard)
    assert about["metrics"] == {}
    reader = open_onnx(str(tmp_path / "run"), store=store)
    source = tmp_path / "run" / "model"
    from safetensors.torch import load_file

    from ondol.embeddings.bert_folder import read_bert_folder

    folder = read_bert_folder(source)
    module = SpanNetwork(load_encoder(folder, config), folder.bert.hidden, folder.bert.types)
    tensors = load_file(source / "model.safetensors")
    module.head.load_state_dict({name: tensors[f"qa_outputs.{name}"] for name in ("weight", "bias")})
    tokenizer = Tokenizer.from_file(str(source / "tokenizer.json"))
    [window] = make_windows(tokenizer, "where seoul?", "seoul is 123 서울")
    with torch.no_grad():
        expected = module.eval().logits(**collate_windows([(window, 0, 0)], 0)["inputs"])
    for found, right in zip(reader.logits(window), expected, strict=True):
        np.testing.assert_allclose(found, right[0].numpy(), atol=0.1)


def test_the_reader_needs_no_torch(configured, store, tmp_path, write_rows, heard):
    config = configured(write_rows("digits.jsonl", rows_with_digits()), "span", max_steps=1, valid_share=0)
    run_span(config, store=store, folder=tmp_path / "run", progress=heard)
    program = (
        "import sys, pathlib\nfrom ondol.model_store.store import ModelStore\n"
        f"from ondol.readers.onnx import open_onnx\nstore = ModelStore(pathlib.Path({str(store.home)!r}))\n"
        f"reader = open_onnx({str(tmp_path / 'run')!r}, store=store)\n"
        "print(reader.find('a?', ['b c']).text, 'torch' in sys.modules)"
    )
    told = subprocess.run([sys.executable, "-c", program], capture_output=True, check=True, text=True).stdout
    assert told.split() == ["0", "False"]


def test_a_folder_without_a_span_model_is_refused(tmp_path, store):
    with pytest.raises(BackendError, match="no span model"):
        open_onnx(str(tmp_path), store=store)


def test_other_data_is_refused_when_a_run_goes_on(configured, store, tmp_path, write_rows, heard):
    config = configured(write_rows("digits.jsonl", rows_with_digits()), "span", max_steps=1)
    about = run_span(config, store=store, folder=tmp_path / "run", progress=heard)
    (tmp_path / "run" / "checkpoints" / "checkpoint-1").mkdir(parents=True)
    with pytest.raises(UsageError, match="has changed"):
        check_same_data(tmp_path / "run", {**about, "data_sha256": "other"})
    with pytest.raises(UsageError, match="not taught by prefix"):
        run_span(replace(config, method="prefix"), store=store, folder=tmp_path / "two", progress=heard)
    with pytest.raises(UsageError, match="is no encoder"):
        run_span(replace(config, base="llama.cpp:gemma-3-270m"), store=store, folder=tmp_path / "two", progress=heard)
