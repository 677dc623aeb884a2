import io
import unicodedata
import zipfile

import pytest

from ondol.agents.tools.files import FileLimits, make_find_in_files, make_list_files, make_read_file
from ondol.errors import UsageError

RULES = "# 휴가 규정\n\n연차는 입사 첫해에 11일이다.\n\nLeave is asked for in writing."


@pytest.fixture
def notes(tmp_path):
    folder = tmp_path / "notes"
    (folder / "규정").mkdir(parents=True)
    (folder / "규정" / "휴가.md").write_text(RULES, encoding="utf-8")
    (folder / "cp949.txt").write_bytes("온돌은 바닥을 데운다.".encode("cp949"))
    (folder / "Makefile").write_text("all:\n\techo floor\n", encoding="utf-8")
    (folder / "empty").mkdir()
    return folder


@pytest.fixture
def use(notes):
    """Call a tool on `notes` as an agent does."""

    def run(make, folders=(), *, limits=None, **args):
        tool = make(folders or [notes], limits=limits)
        return tool.invoke({"name": tool.name, "args": args, "id": "1", "type": "tool_call"})

    return run


def test_folders_come_before_files_with_their_sizes(use):
    text = use(make_list_files).content
    assert text == "notes/empty/\nnotes/규정/\nnotes/Makefile (17 bytes)\nnotes/cp949.txt (21 bytes)"
    assert use(make_list_files, folder="notes/규정/").content == "notes/규정/휴가.md (88 bytes)"
    assert use(make_list_files, folder="empty").content == "The folder is empty."


def test_several_folders_have_their_names(use, notes, tmp_path):
    other = tmp_path / "more" / "notes"
    other.mkdir(parents=True)
    (other / "b.txt").write_text("second", encoding="utf-8")
    both = [notes, other]
    assert use(make_list_files, both).content == "notes/\nnotes-2/"
    assert "  second" in use(make_read_file, both, path="notes-2/b.txt").content
    assert use(make_read_file, both, path="b.txt").content == (
        "Error: 'b.txt' is outside of the allowed folders.\nPaths begin with one of: notes, notes-2."
    )


def test_long_lists_are_cut(use):
    text = use(make_list_files, limits=FileLimits(max_entries=1)).content
    assert text == "notes/empty/\n(3 more are not shown.)"


@pytest.mark.parametrize("path", ["notes/규정/휴가.md", "규정/휴가.md", "./notes/규정/휴가.md", "`notes/규정/휴가.md`",
                                  "notes\\규정\\휴가.md", unicodedata.normalize("NFD", "규정/휴가.md")])  # fmt: skip
def test_a_file_is_read_however_its_path_is_written(use, path):
    message = use(make_read_file, path=path)
    assert message.content.startswith("[1] notes/규정/휴가.md\n  ")
    assert "  연차는 입사 첫해에 11일이다." in message.content.splitlines()
    (hit,) = message.artifact
    assert (hit.metadata["source"], hit.metadata["start"], hit.metadata["title"]) == (
        "notes/규정/휴가.md", 0, "휴가 규정",
    )  # fmt: skip


def test_a_whole_path_inside_an_allowed_folder_is_read(use, notes):
    assert use(make_read_file, path=str(notes / "규정" / "휴가.md")).content.startswith("[1] notes/규정/휴가.md")


def test_a_name_that_a_mac_has_decomposed_is_found(use, notes):
    (notes / unicodedata.normalize("NFD", "회의록.txt")).write_text("회의", encoding="utf-8")
    assert use(make_read_file, path="회의록.txt").content.startswith("[1] notes/회의록.txt\n  회의")


def test_long_files_are_read_piece_by_piece(use, notes):
    (notes / "long.txt").write_text("".join(chr(ord("가") + number % 1000) for number in range(500)), encoding="utf-8")
    first = use(make_read_file, path="long.txt", limit=200)
    assert first.content.endswith("\n\n(Characters 0 to 200 of 500. Go on with offset=200.)")
    last = use(make_read_file, path="long.txt", offset=200, limit=400)
    assert last.content.endswith("\n\n(Characters 200 to 500 of 500.)")
    assert len(first.artifact[0].page_content + last.artifact[0].page_content) == 500
    assert use(make_read_file, path="long.txt", offset=500).content == (
        "Error: The text ends at 500; offset 500 is behind it."
    )
    bounded = use(make_read_file, path="long.txt", limit=10**9, limits=FileLimits(max_chars=100))
    assert "(Characters 0 to 100 of 500." in bounded.content


def test_other_encodings_and_names_without_extension_are_read(use):
    assert "  온돌은 바닥을 데운다." in use(make_read_file, path="cp949.txt").content
    assert "echo floor" in use(make_read_file, path="Makefile").content


def test_documents_are_read_with_their_pages(use, notes):
    pptx = pytest.importorskip("pptx")
    slides = pptx.Presentation()
    for words in ("온돌의 역사", "Floor heating today"):
        slides.slides.add_slide(slides.slide_layouts[5]).shapes.title.text = words
    slides.save(str(notes / "talk.pptx"))
    second = use(make_read_file, path="talk.pptx", offset=len("온돌의 역사\n\n"))
    assert second.content.startswith("[1] notes/talk.pptx, slide 2\n  Floor heating today")


def test_what_cannot_be_read_says_why(use, notes):
    (notes / "film.mp4").write_bytes(b"x")
    (notes / "bytes.bin").write_bytes(bytes(range(256)) * 20)
    (notes / "large.txt").write_text("x" * (1 << 20 | 1), encoding="utf-8")
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as packed:
        packed.writestr("inner.txt", "inside")
    (notes / "a.zip").write_bytes(archive.getvalue())
    told = {
        "film.mp4": "Recordings and films are not read by this tool.",
        "a.zip": "The file holds no text of its own, only other files: inner.txt",
        "휴가.md": "There is no '휴가.md' in notes.\nCall list_files to see what is in it.",
        "cp94.txt": "There is no 'cp94.txt' in notes.\nDid you mean 'cp949.txt'?",
        "규정": "'notes/규정' is a folder.\nCall list_files to see what is in it.",
        "notes": "'notes' is a folder.\nCall list_files to see what is in it.",
        "cp949.txt/x": "notes/cp949.txt is a file, not a folder.",
    }
    assert {path: use(make_read_file, path=path).content for path in told} == {
        path: f"Error: {text}" for path, text in told.items()
    }
    assert use(make_read_file, path="bytes.bin").content.startswith("Error: The ")
    assert use(make_read_file, path="large.txt", limits=FileLimits(max_mb=1)).content == (
        "Error: The file is larger than 1 MB."
    )


def test_words_are_found_with_the_offset_to_read_on(use):
    message = use(make_find_in_files, text="입사  첫해")
    assert message.content.startswith("[1] notes/규정/휴가.md\n  # 휴가 규정".replace("\n", " (offset 0)\n"))
    (hit,) = message.artifact
    assert hit.page_content == RULES[hit.metadata["start"] : hit.metadata["end"]]
    assert message.content.endswith("1 place in 3 files.")
    assert use(make_find_in_files, text="LEAVE IS").content.endswith("1 place in 3 files.")
    assert use(make_find_in_files, text="연차", folder="empty").content == "No places in 0 files."
    assert use(make_find_in_files, text="(a+)+$").content == "No places in 3 files."


def test_a_place_deep_in_a_file_is_shown_with_the_words_around_it(use, notes):
    text = "word " * 500 + "찾는 말 " + "다음 " * 500
    (notes / "deep.txt").write_text(text, encoding="utf-8")
    (hit,) = use(make_find_in_files, text="찾는 말").artifact
    assert hit.page_content.startswith("word word ")
    assert hit.page_content.endswith(" 다음")
    assert hit.page_content == text[hit.metadata["start"] : hit.metadata["end"]]
    offset = hit.metadata["offset"]
    assert f"  {hit.page_content}" in use(make_read_file, path="deep.txt", offset=offset).content


def test_a_search_ends(use, notes):
    for number in range(9):
        (notes / f"{number}.txt").write_text(
            "floor " + "word " * 100 + "floor " + "word " * 100 + "floor floor", encoding="utf-8"
        )
    message = use(make_find_in_files, text="floor")
    assert len(message.artifact) == 20
    assert len(use(make_find_in_files, text="floor", folder="규정").artifact) == 0
    assert message.content.endswith("There is more that was not looked at; name a folder or rarer words.")
    sources = [hit.metadata["source"] for hit in message.artifact]
    assert sources.count("notes/0.txt") == 3  # two that stand beside each other are shown once
    few = use(make_find_in_files, text="floor", limits=FileLimits(max_files=1))
    assert "in 1 files. There is more" in few.content


@pytest.mark.parametrize("path", ["/", "/proc", "/sys", "/dev", "/proc/self", "/no/such/folder", __file__])
def test_folders_that_are_none_or_hold_no_files_of_people_are_refused(path):
    with pytest.raises(UsageError):
        make_read_file([path])


def test_at_least_one_folder_is_named():
    with pytest.raises(UsageError):
        make_list_files([])
    with pytest.raises(UsageError):
        FileLimits(max_mb=0)
