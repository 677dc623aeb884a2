"""Large text files, window by window."""

import pytest

from ondol.errors import UnusableInput
from ondol.ingest import large_text
from ondol.ingest.large_text import LARGE, read_windows

LINE = "구들장을 데우면 방바닥이 따뜻해집니다. The floor stays warm until the morning.\n\n"


@pytest.fixture
def small_windows(monkeypatch):
    monkeypatch.setattr(large_text, "WINDOW", 1000)


def test_windows_are_the_whole_text(files, small_windows):
    path = files.path / "a.txt"
    path.write_text(LINE * 100)
    windows = [(parsed.text, more) for parsed, more in read_windows(path)]
    assert len(windows) > 4
    assert [more for _, more in windows] == [True] * (len(windows) - 1) + [False]
    assert "".join("".join(text for text, _ in windows).split()) == "".join((LINE * 100).split())
    assert all(text.strip().endswith("morning.") for text, _ in windows), "cut between paragraphs"


@pytest.mark.parametrize("encoding", ["cp949", "utf-16", "utf-8-sig"])
def test_windows_know_the_encodings(files, small_windows, encoding):
    path = files.path / "a.txt"
    path.write_bytes((LINE * 60).encode(encoding))
    assert "".join(parsed.text for parsed, _ in read_windows(path)).count("구들장을") == 60


def test_every_window_of_a_table_has_the_names_of_its_columns(files, small_windows):
    rows = [f'{number},"여러 줄\n답 {number}"' for number in range(100)]
    path = files.path / "a.csv"
    path.write_text("번호,답변\n" + "\n".join(rows) + "\n")
    found = [parsed.text[start:end] for parsed, _ in read_windows(path) for start, end in parsed.rows]
    assert found == [f"번호: {number}\n답변: 여러 줄 답 {number}" for number in range(100)]


def test_what_is_no_text_is_told(files, small_windows):
    path = files.path / "a.txt"
    path.write_bytes(b"text " * 1000 + b"\xff\xfe\x00\x01" * 1000)
    with pytest.raises(UnusableInput):
        list(read_windows(path))
    path.write_text(" \n" * 3000)
    with pytest.raises(UnusableInput, match=r"empty|no text"):
        list(read_windows(path))


def test_a_large_file_is_one_source_whose_chunks_are_slices(add, files, library):
    count = LARGE // len(LINE.encode()) + 50
    path = files.write("large.txt", "".join(f"{number} {LINE}" for number in range(count)))
    assert add(path).added == 1
    assert library._db.execute("SELECT count(*) FROM pieces").fetchone()[0] > 1
    shown = library.show(path)
    assert shown["text"].split() == "".join(f"{number} {LINE}" for number in range(count)).split()
    ids = [row[0] for row in library._db.execute("SELECT id FROM chunks ORDER BY ordinal")]
    for hit in library.live_chunks([(name, 0.0) for name in ids[:: len(ids) // 40]]):
        start, end = hit.metadata["start"], hit.metadata["end"]
        assert hit.page_content == shown["text"][start:end] == library.slice(hit.metadata["document_id"], start, end)
    assert library.verify() == []
    assert add(path).unchanged == 1


def test_a_large_file_that_fails_at_its_end_leaves_the_old_text(add, files, library):
    path = files.write("large.txt", "The old text.")
    add(path)
    files.write("large.txt", (LINE * (LARGE // len(LINE.encode()) + 50)).encode() + b"\xff" * 100)
    report = add(path, files.write("b.txt", "Something else."))
    assert [row["path"] for row in report.failed] == [path]
    assert library.show(path)["text"] == "The old text."
    assert library._db.execute("SELECT count(*) FROM staged_pieces").fetchone()[0] == 0
