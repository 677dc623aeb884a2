"""`list`, `show` and `verify`, also when files of the library are damaged."""

import shutil

import pytest

STATE = {"analyser", "search", "words", "collection", "embeddings", "store", "sources", "chunks", "vectors", "problems"}


@pytest.fixture
def folder(filled, tmp_path):
    [found] = (tmp_path / "home" / "collections").iterdir()
    return found


def test_list_counts_and_names_the_sources(ondol, filled):
    state = ondol("list", "--json").json
    assert set(state) == STATE
    assert (state["sources"], state["chunks"], state["vectors"], state["problems"]) == (2, 2, 2, [])
    assert {row["source"] for row in ondol("list", "--sources", "--json").json["rows"]} == {
        str(filled / "mill.md"), str(filled / "museum.txt"),
    }  # fmt: skip
    assert ondol("list").out == "main: sources 2 · chunks 2 · vectors 2 (fake:, faiss)\n"


def test_list_names_what_could_not_be_read(ondol, filled):
    (filled / "empty.txt").write_bytes(b"")
    ondol("add", "docs")
    assert ondol("list").out.splitlines()[1] == "not added: docs/empty.txt: The file is empty."
    assert ondol("verify").code == 0


def test_show_prints_the_text_as_it_is_kept(ondol, filled):
    assert ondol("show", "docs/mill.md").out == "# 방앗간\n\n방앗간은 밀을 빻습니다. 입장료는 3,000원입니다.\n"
    shown = ondol("show", "docs/mill.md", "--json").json
    assert set(shown) >= {"document_id", "source", "title", "pages", "text", "chunks", "language", "date", "tags"}
    assert set(shown["chunks"][0]) >= {"start", "end", "heading"}


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["mil"], "The library has no source 'mil'.\n  → "),
        (["docs/mill.md", "--page", "3"], "/docs/mill.md has no page 3.\n  → Its format has no pages.\n"),
    ],
)
def test_what_is_not_there_is_exit_4(ondol, filled, arguments, message):
    ran = ondol("show", *arguments)
    assert (ran.code, ran.out) == (4, "")
    assert message in ran.err


def test_verify_finds_lost_vectors_and_repair_makes_them_again(ondol, folder):
    shutil.rmtree(folder / "vectors")
    ran = ondol("verify", "--json")
    assert (ran.code, ran.json["problems"][0]["kind"]) == (1, "missing-vectors")
    assert ondol("verify").out.splitlines()[1:] == [
        "problem: 2 chunks have no vector", "  → ondol verify --repair",
    ]  # fmt: skip
    assert ondol("verify", "--repair").code == 0
    assert ondol("search", "museum", "-k", 1, "--json").json["hits"][0]["source"].endswith("museum.txt")


def test_the_fix_names_the_collection(ondol, docs, tmp_path):
    ondol("add", docs, "-c", "tax law")
    [folder] = (tmp_path / "home" / "collections").iterdir()
    shutil.rmtree(folder / "vectors")
    [problem] = ondol("verify", "-c", "tax law", "--json").json["problems"]
    assert problem["fix"] == "ondol verify --repair --collection 'tax law'"


@pytest.mark.parametrize("name", ["index.faiss", "documents.sqlite"])
def test_a_lost_file_of_the_vectors_does_not_stop_a_search(ondol, folder, name):
    ondol("search", "museum")
    (folder / "vectors" / name).unlink()
    assert len(ondol("search", "museum", "--json").json["hits"]) == 2


def damage(path, start=0):
    data = bytearray(path.read_bytes())
    data[start : start + 8192] = b"\xff" * len(data[start : start + 8192])
    path.write_bytes(data)


@pytest.mark.parametrize("start", [0, 4096], ids=["header", "pages"])
def test_damaged_vectors_are_told_and_repaired(ondol, folder, start):
    damage(folder / "vectors" / "documents.sqlite", start)
    ran = ondol("search", "museum")
    assert ran.code == 6
    assert ran.err.endswith("\n  → Make them again with: ondol verify --repair\n")
    found = ondol("verify", "--json")
    assert (found.code, [row["kind"] for row in found.json["problems"]]) == (1, ["damaged-vectors"])
    assert ondol("list", "--json").json["vectors"] == 0
    assert ondol("verify", "--repair").code == 0
    assert len(ondol("search", "museum", "--json").json["hits"]) == 2


@pytest.mark.parametrize("start", [0, 8192], ids=["header", "pages"])
@pytest.mark.parametrize("command", [["list"], ["search", "museum"], ["add", "docs/mill.md"], ["verify"]])
def test_a_damaged_library_says_what_to_do(ondol, folder, start, command):
    path = folder / "library.sqlite"
    data = bytearray(path.read_bytes())
    for page in range(start, len(data), 4096):
        data[page : page + 2000] = b"\xff" * 2000
    path.write_bytes(data)
    ran = ondol(*command)
    assert ran.code == 6
    assert "library.sqlite is not a library: " in ran.err
    assert ran.err.endswith(f"\n  → Move the folder {folder} away and add the documents again.\n")
