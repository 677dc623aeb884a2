"""`add` and `remove`: counts, reasons, exit codes, and a library that bears what happens to it."""

import json
import os
import shutil
import signal
import subprocess
import time
import unicodedata

import pytest

COUNTS = {"collection", "added", "updated", "unchanged", "removed", "failed", "chunks", "tokens", "seconds"}
AS_NOBODY = ("setpriv", "--bounding-set=-all")


def test_add_counts_sources_and_the_same_again_changes_nothing(ondol, docs):
    first = ondol("add", docs, "--json")
    assert first.code == 0
    assert set(first.json) >= COUNTS
    assert (first.json["added"], first.json["chunks"], first.json["failed"]) == (2, 2, [])
    again = ondol("add", docs, "--json").json
    assert (again["added"], again["updated"], again["unchanged"], again["chunks"]) == (0, 0, 2, 0)


def test_add_tells_a_person_what_it_did(ondol, docs):
    assert ondol("add", docs).out.startswith("2 added, 0 updated, 0 unchanged, 0 failed · chunks: 2 · ")


def test_bad_files_are_a_line_each_and_the_rest_is_added(ondol, docs):
    (docs / "bad.pdf").write_bytes(b"%PDF-1.7 and nothing more")
    (docs / "empty.txt").write_bytes(b"")
    (docs / "program.txt").write_bytes(bytes(range(256)))
    (docs / "loop").symlink_to(docs)
    (docs / "photo.xyz").write_bytes(b"\x89PNG")
    ran = ondol("add", "docs", "--json")
    assert ran.code == 0
    assert ran.json["added"] == 2
    assert len(ran.json["failed"]) == 4
    assert ran.err.splitlines() == [
        "not added: docs/loop: This link leads back to a folder above it.",
        "not added: docs/bad.pdf: The PDF is damaged: Failed to load document (PDFium: Data format error).",
        "not added: docs/empty.txt: The file is empty.",
        "not added: docs/program.txt: The file is binary, not text.",
        "left out: docs: Files of formats that cannot be read: .xyz (1)",
    ]


@pytest.mark.skipif(shutil.which("setpriv") is None or os.getuid() != 0, reason="needs root and setpriv")
def test_a_folder_without_permission_is_a_line(start, docs):
    locked = docs / "locked"
    locked.mkdir()
    locked.chmod(0)
    with start("add", "docs", before=AS_NOBODY) as process:
        out, err = process.communicate()
    assert out.startswith("2 added")
    assert "not added: docs/locked: Reading this is not permitted." in err


def test_nothing_usable_is_exit_5(ondol, tmp_path):
    ran = ondol("add", "missing.pdf")
    assert (ran.code, ran.out) == (5, "")
    assert ran.err.startswith(
        "There was nothing to add. missing.pdf: There is no such file or folder.\n  → ondol reads "
    )
    (tmp_path / "empty").mkdir()
    assert ondol("add", "empty").err.startswith("There was nothing to add.\n  → ")


def test_records_are_sources_and_bad_lines_are_told(ondol, tmp_path):
    rows = [{"id": "a", "text": "The mill."}, {"id": 2, "text": "half \ud800 a character", "title": "방앗간"}]
    (tmp_path / "rows.jsonl").write_text("\n".join([*map(json.dumps, rows), "not json", '{"text": "no id"}']))
    report = ondol("add", "rows.jsonl", "--records", "--json").json
    assert (report["added"], len(report["failed"])) == (2, 2)
    assert ondol("show", 2, "--json").json["text"] == "half � a character"
    ran = ondol("add", "rows.jsonl", "--records", "--id", "nope")
    assert ran.code == 5
    assert ran.err.endswith("their keys or columns are told with --id and --text.\n")


def test_one_name_in_two_unicode_forms_is_one_source(ondol, tmp_path):
    name = "한글 파일.txt"
    (tmp_path / unicodedata.normalize("NFD", name)).write_text("글", encoding="utf-8")
    assert ondol("add", unicodedata.normalize("NFD", name)).code == 0
    assert ondol("show", name).out == "글\n"


@pytest.mark.parametrize(
    "name", ["한글 이름", "a/b/../c", "🙂", "x" * 300, "..", "half \udcff", "-"], ids=lambda name: ascii(name)[:12]
)
def test_a_collection_may_have_any_name(ondol, docs, name):
    assert ondol("add", docs, "--collection", name, "--json").json["added"] == 2
    state = ondol("list", "--collection", name, "--json").json
    assert (state["collection"], state["sources"]) == (name.replace("\udcff", "�"), 2)


def test_a_collection_name_is_the_same_in_both_unicode_forms(ondol, docs):
    assert ondol("add", docs, "-c", unicodedata.normalize("NFC", "한글")).code == 0
    assert ondol("add", docs, "-c", unicodedata.normalize("NFD", "한글"), "--json").json["unchanged"] == 2


@pytest.mark.parametrize(
    ("option", "code", "message"),
    [
        (
            ["--store", "fais"],
            4,
            "No vector store is called 'fais'.\n  → Did you mean 'faiss'? Known: chroma, faiss, memory.\n",
        ),
        (["--embeddings", "onx:e5"], 4, "No embedding runtime is called 'onx'.\n  → Did you mean 'onnx'?"),
        (
            ["--embeddings", "onnx:multilingual-e5-smal"],
            4,
            "No model is called 'multilingual-e5-smal'.\n  → Did you mean",
        ),
        (["--embeddings", "e5"], 2, "'e5' names no embedder"),
    ],
)
def test_a_mistaken_name_is_told_and_leaves_no_collection(ondol, docs, option, code, message):
    ran = ondol("add", docs, *option)
    assert ran.code == code
    assert ran.err.startswith(message)
    assert ondol("list").code == 4
    assert ondol("add", docs).code == 0


def test_a_home_that_is_a_file_is_told(ondol, docs, tmp_path):
    (tmp_path / "file").write_text("")
    ran = ondol("add", docs, "--home", "file")
    assert ran.code == 6
    assert (
        "cannot be opened: Not a directory.\n  → See whether the disk is full and you may write there, "
        "or name another folder with --home.\n" in ran.err
    )


def test_everything_is_written_below_home(ondol, docs, tmp_path):
    assert ondol("add", docs, "--home", tmp_path / "elsewhere").code == 0
    assert sorted(path.name for path in tmp_path.iterdir()) == ["docs", "elsewhere"]


def test_remove_takes_paths_and_ids_and_leaves_the_files(ondol, filled):
    assert ondol("remove", "docs/museum.txt").out == "1 removed.\n"
    assert (filled / "museum.txt").exists()
    assert ondol("list", "--json").json["sources"] == 1
    ran = ondol("remove", "docs/museum.txt")
    assert ran.code == 4
    assert ran.err.startswith("The library has no source 'docs/museum.txt'.\n  → ")


def test_korean_where_it_is_asked_for(ondol, docs, monkeypatch):
    monkeypatch.setenv("ONDOL_LANG", "ko")
    (docs / "empty.txt").write_bytes(b"")
    ran = ondol("add", "docs")
    assert ran.out.startswith("추가 2, 갱신 0, 그대로 0, 실패 1 · 청크 2개 · ")
    assert ran.err == "추가하지 못함: docs/empty.txt: 빈 파일입니다.\n"
    assert ondol("add", "nothing").err.startswith("추가할 문서가 없습니다. nothing: 그런 파일이나 폴더가 없습니다.\n")


@pytest.fixture
def many(tmp_path):
    folder = tmp_path / "many"
    folder.mkdir()
    for number in range(60):
        (folder / f"{number}.txt").write_text(f"File {number}. " + "One sentence of words here. " * 900)
    return folder


@pytest.mark.slow
def test_an_interrupted_add_leaves_a_library_that_goes_on(ondol, start, many, tmp_path):
    with start("add", many) as process:
        while not list(tmp_path.rglob("library.sqlite")) and process.poll() is None:
            time.sleep(0.05)
        time.sleep(0.5)
        process.send_signal(signal.SIGINT)
        assert process.communicate()[1].endswith("Stopped. The same command goes on from here.\n")
    assert process.returncode == 130
    assert ondol("add", many).code == 0
    assert ondol("verify").code == 0


@pytest.mark.slow
def test_two_adds_at_once_do_no_harm(ondol, start, many):
    processes = [start("add", many) for _ in range(2)]
    assert [process.communicate() and process.returncode for process in processes] == [0, 0]
    assert ondol("verify", "--json").json["sources"] == 60
    assert ondol("verify").code == 0


@pytest.mark.skipif(os.getuid() != 0, reason="mounting a small disk needs root")
def test_a_full_disk_is_told_and_a_search_still_works(ondol, many, docs, tmp_path):
    disk = tmp_path / "disk"
    disk.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=3m", "tmpfs", disk], capture_output=True).returncode:
        pytest.skip("no permission to mount")
    try:
        assert ondol("add", docs, "--home", disk).code == 0
        ran = ondol("add", many, "--home", disk)
        assert ran.code == 6
        assert "database or disk is full" in ran.err
        assert ran.err.splitlines()[-1].startswith("  → ")
        assert ondol("search", "museum", "--home", disk).code == 0
    finally:
        subprocess.run(["umount", "-l", disk], check=True)


def test_tags_are_given_and_taken_off_and_shown(ondol, docs):
    assert ondol("add", docs, "--tag", "안내", "--tag", "public,2024").code == 0
    rows = {row["title"]: row for row in ondol("list", "--sources", "--json").json["rows"]}
    assert rows["방앗간"]["tags"] == rows["museum"]["tags"] == ["2024", "public", "안내"]
    assert (rows["방앗간"]["language"], rows["museum"]["language"]) == ("ko", "en")
    again = ondol("add", docs / "mill.md", "--untag", "PUBLIC", "--json").json
    assert (again["updated"], again["unchanged"], again["chunks"]) == (1, 0, 0)
    shown = ondol("show", docs / "mill.md", "--json").json
    assert (shown["tags"], shown["language"], len(shown["date"])) == (["2024", "안내"], "ko", 10)
    ran = ondol("add", docs, "--tag", "!draft")
    assert (ran.code, ran.err) == (
        2, "'!draft' is no tag: '!' means all that do not have it, in search.\n"
           "  → Take a tag off with: ondol add PATH --untag NAME\n",
    )  # fmt: skip
