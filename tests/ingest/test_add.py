"""Adding is idempotent, one bad file stops nothing, and a killed process leaves a good library."""

import json
import os
import signal
import subprocess
import sys
import time
from datetime import date
from pathlib import Path

import pytest

from ondol.errors import UnusableInput, UsageError
from ondol.ingest.add import add_documents, remove_documents
from ondol.ingest.records import RecordKeys
from ondol.ingest.split import SplitConfig
from ondol.progress import Silent


def counts(report):
    return report.added, report.updated, report.unchanged, len(report.failed)


def test_the_same_files_again_change_nothing(add, files, library):
    files.write("a.txt", "The library opens at nine.")
    files.write("한글/나.md", "# 제목\n\n도서관은 9시에 엽니다.")
    first = add(str(files.path))
    assert counts(first) == (2, 0, 0, 0)
    assert (first.chunks, first.collection) == (2, "main")
    assert first.tokens > 10
    again = add(str(files.path))
    assert counts(again) == (0, 0, 2, 0)
    assert (again.chunks, again.tokens) == (0, 0)
    assert library.verify() == []


def test_changed_bytes_replace(add, files, library):
    path = files.write("a.txt", "Old.")
    add(path)
    files.write("a.txt", "New.")
    assert counts(add(path)) == (0, 1, 0, 0)
    assert library.text(path) == "New."
    assert library.find(path).version == 2


def test_chunks_of_two_kinds_are_not_mixed(add, files, library):
    path = files.write("a.txt", "One sentence of words here. " * 40)
    add(path)
    with pytest.raises(UsageError, match="chunks of 256 tokens, not of 30") as refusal:
        add(path, config=SplitConfig(max_tokens=30, overlap_tokens=0))
    assert "ondol reindex --chunk-tokens 30" in refusal.value.hint


def test_one_file_reached_by_two_paths_is_one_source(add, files, library):
    path = files.write("a.txt", "text")
    (files.path / "link.txt").symlink_to(path)
    assert counts(add(str(files.path))) == (1, 0, 0, 0)
    assert counts(add(path, os.path.relpath(path))) == (0, 0, 1, 0)
    assert library.state()["sources"] == 1


def test_bad_files_are_told_and_the_rest_is_added(add, files, library):
    files.write("empty.txt", "")
    files.write("binary.txt", bytes(range(256)) * 4)
    files.write("broken.pdf", "%PDF-1.7 and nothing more")
    files.write("good.txt", "good")
    (files.path / "loop").symlink_to(files.path)
    report = add(str(files.path))
    assert report.added == 1
    reasons = {Path(row["path"]).name: row["reason"] for row in report.failed}
    assert reasons == {
        "empty.txt": "The file is empty.",
        "binary.txt": "The file is binary, not text.",
        "broken.pdf": "The PDF is damaged: Failed to load document (PDFium: Data format error).",
        "loop": "This link leads back to a folder above it.",
    }
    assert len(library.state()["problems"]) == 3


def test_a_mended_file_is_no_failure_any_more(add, files, library):
    path = files.write("a.txt", b"\x00\x01")
    with pytest.raises(UnusableInput):
        add(path)
    assert library.state()["problems"][0]["what"] == f"{path}: The file is binary, not text."
    files.write("a.txt", "text")
    assert counts(add(path)) == (1, 0, 0, 0)
    assert library.state()["problems"] == []


def test_a_source_that_can_no_longer_be_read_keeps_its_old_text(add, files, library):
    path, other = files.write("a.txt", "kept"), files.write("b.txt", "other")
    add(path, other)
    files.write("a.txt", b"\x00")
    assert counts(add(path, other)) == (0, 0, 1, 1)
    assert library.text(path) == "kept"


def test_nothing_usable_is_an_error_with_the_reasons(add, files):
    missing = str(files.path / "missing.pdf")
    with pytest.raises(UnusableInput) as caught:
        add(missing)
    assert caught.value.message == f"There was nothing to add. {missing}: There is no such file or folder."
    assert caught.value.exit_code == 5


def test_records_are_sources_with_their_own_ids(add, files, library):
    rows = [{"key": n, "body": f"passage {n}", "name": f"title {n}"} for n in range(3)]
    lines = [json.dumps(row, ensure_ascii=False) for row in rows]
    bad = ["{not json", '{"key": 9}', lines[0], '["list"]', '{"key": 8, "body": " "}']
    path = files.write("rows.jsonl", "\n".join([*lines, "", *bad]))
    keys = RecordKeys(id="key", text="body", title="name")
    report = add(path, records=keys)
    assert counts(report) == (3, 0, 0, 5)
    assert [row["reason"] for row in report.failed] == [
        "Line 5 is not JSON: Expecting property name enclosed in double quotes: line 1 column 2 (char 1)",
        "Line 6: the key 'body' is missing.",
        "Line 7: the id '0' stands in an earlier line already.",
        "Line 8: this is not an object.",
        "Line 9: id or text is empty.",
    ]
    assert library.show("2")["title"] == "title 2"
    assert counts(add(path, records=keys)) == (0, 0, 3, 5)


def test_records_keep_their_text_as_it_is(add, files, library):
    text = "  앞에 빈칸이 있다.\n\n둘째 줄.  "
    add(files.write("rows.jsonl", json.dumps({"id": "a", "text": text})), records=RecordKeys())
    shown = library.show("a")
    assert shown["text"] == text
    assert [text[row["start"] : row["end"]] for row in shown["chunks"]] == [text.strip()]


def test_removing_by_path_or_id(add, files, library):
    path = files.write("a.txt", "text")
    add(path, files.write("b.txt", "other"))
    name = library.find(str(files.path / "b.txt")).document_id
    assert remove_documents(library, [path, name]).removed == 2
    assert library.state()["vectors"] == 0


def test_progress_counts_files_and_chunks(add, files):
    told = []

    class Told(Silent):
        def begin(self, label, total, unit):
            told.append((label, total, unit))

        def advance(self, amount):
            told.append(amount)

    files.write("a.txt", "One sentence of words here. " * 400)
    add(str(files.path), progress=Told())
    assert told[:2] == [("Reading", 1, "files"), 1]
    label, total, unit = told[2]
    assert (label, unit) == ("Embedding", "chunks")
    assert sum(told[3:]) == total > 10


CHILD = """
import runpy, sys
from pathlib import Path
from ondol.ingest.add import add_documents
make = runpy.run_path(sys.argv[1])["open_words_library"]
with make(Path(sys.argv[2])) as library:
    print("open", flush=True)
    add_documents(library, [sys.argv[3]])
print("done", flush=True)
"""


def start_child(home, folder):
    conftest = Path(__file__).parents[1] / "library" / "conftest.py"
    command = [sys.executable, "-c", CHILD, str(conftest), str(home), str(folder)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)


@pytest.mark.slow
def test_a_killed_process_leaves_a_library_that_the_next_add_finishes(tmp_path, files, open_again):
    for number in range(40):
        files.write(f"{number}.txt", f"File {number}. " + "One sentence of words here. " * 300)
    left_undone = set()
    for delay in (0.0, 0.1, 0.2, 0.3, 0.5, 0.8, 1.2):
        with start_child(tmp_path, files.path) as child:
            assert child.stdout.readline() == "open\n"
            time.sleep(delay)
            child.send_signal(signal.SIGKILL)
        with open_again() as library:
            left_undone.update(problem["kind"] for problem in library.verify())
    assert left_undone == {"pending"}
    with open_again() as library:
        report = add_documents(library, [str(files.path)])
        assert report.added + report.unchanged == 40
        assert library.verify() == []
        state = library.state()
        assert (state["sources"], state["chunks"]) == (40, state["vectors"])


@pytest.mark.slow
def test_two_processes_add_the_same_folder_without_harm(tmp_path, files, open_again):
    for number in range(20):
        files.write(f"{number}.txt", f"File {number}. " + "One sentence of words here. " * 200)
    with start_child(tmp_path, files.path) as one, start_child(tmp_path, files.path) as two:
        assert [child.communicate()[0] for child in (one, two)] == ["open\ndone\n"] * 2
    with open_again() as library:
        assert library.verify() == []
        assert library.state()["sources"] == 20


def embedded(library, monkeypatch):
    """Texts that the embedder is given from now on."""
    given, embed = [], library.embeddings.embed_array
    monkeypatch.setattr(
        library.embeddings, "embed_array", lambda texts, role: given.extend(texts) or embed(texts, role)
    )
    return given


def test_a_tag_for_the_same_bytes_updates_without_embedding(add, files, library, monkeypatch):
    path = files.write("계약서.txt", "The rent is due.")
    add(path, files.write("other.txt", "Other."), tags=["draft"])
    given = embedded(library, monkeypatch)
    report = add(str(files.path / "*.txt"), tags=["draft", "계약"], untag=["Old"])
    assert (counts(report), report.chunks, given) == ((0, 2, 0, 0), 0, [])
    assert library.show(path)["tags"] == ["draft", "계약"]
    assert library.find(path).version == 1
    assert counts(add(str(files.path), tags=["계약"])) == (0, 0, 2, 0)
    assert counts(add(path, untag=["DRAFT"])) == (0, 1, 0, 0)
    assert library.show(path)["tags"] == ["계약"]


def test_tags_survive_new_bytes_and_an_add_without_tags(add, files, library):
    path = files.write("a.txt", "Old.")
    add(path, tags=["계약"])
    files.write("a.txt", "New.")
    assert counts(add(path)) == (0, 1, 0, 0)
    assert library.show(path)["tags"] == ["계약"]


def test_a_bad_tag_stops_before_anything_is_read(add, files, library):
    with pytest.raises(UsageError, match="A tag is empty"):
        add(files.write("a.txt", "text"), tags=[" "])
    assert library.state()["sources"] == 0


def test_a_file_has_its_own_date_or_that_of_its_last_change(add, files, library):
    plain, own = files.write("a.txt", "text"), files.write("b.md", "---\ndate: 2019-03-01\n---\ntext")
    for path in (plain, own):
        os.utime(path, (1_700_000_000, 1_700_000_000))
    add(plain, own)
    assert library.show(plain)["date"] == date.fromtimestamp(1_700_000_000).isoformat()
    assert library.show(own)["date"] == "2019-03-01"
    assert [row["language"] for row in library.source_rows()] == ["en", "en"]


def test_records_bring_dates_and_tags(add, files, library):
    rows = [
        {"id": "a", "text": "근로계약이란", "date": "2024. 5. 17.", "tags": ["계약", 2024, None, "#초안"]},
        {"id": "b", "text": "no date", "tags": "one, two"},
        {"id": "c", "text": "odd date", "date": "last week", "tags": {"no": "list"}},
    ]
    path = files.write("rows.jsonl", "\n".join(map(json.dumps, rows)))
    os.utime(path, (1_700_000_000, 1_700_000_000))
    report = add(path, records=RecordKeys(), tags=["given"])
    assert report.skipped == [{"path": f"{path}#c", "reason": "The date 'last week' cannot be read."}]
    day = date.fromtimestamp(1_700_000_000).isoformat()
    assert {row["document_id"]: (row["language"], row["date"], row["tags"]) for row in library.source_rows()} == {
        "a": ("ko", "2024-05-17", ["2024", "given", "계약", "초안"]),
        "b": ("en", day, ["given", "one", "two"]),
        "c": ("en", day, ["given"]),
    }


def test_a_record_with_other_tags_only_is_not_embedded_again(add, files, library, monkeypatch):
    row = {"id": "a", "text": "The text stays.", "when": "2024", "labels": "old"}
    keys = RecordKeys(date="when", tags="labels")
    add(files.write("rows.jsonl", json.dumps(row)), records=keys)
    given = embedded(library, monkeypatch)
    report = add(files.write("rows.jsonl", json.dumps(row | {"labels": "new", "when": "2025"})), records=keys)
    assert (counts(report), given) == ((0, 1, 0, 0), [])
    assert (library.show("a")["tags"], library.show("a")["date"]) == (["new"], "2025-01-01")
