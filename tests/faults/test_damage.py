"""Damaged files of a library: a clear message or a repair, never a wrong answer."""

import os
import random
import runpy
import shutil
from contextlib import suppress
from pathlib import Path

import pytest

from ondol.errors import OndolError

tools = runpy.run_path(str(Path(__file__).with_name("conftest.py")))
content, open_words_library, run, write_files = (
    tools[name] for name in ("content", "open_words_library", "run", "write_files")
)


@pytest.fixture(scope="module")
def sound(tmp_path_factory):
    folder = tmp_path_factory.mktemp("sound")
    write_files(folder / "files", 8)
    run(folder / "home", folder / "files", "add")
    return folder / "home", content(folder / "home")


@pytest.fixture
def home(sound, tmp_path):
    return Path(shutil.copytree(sound[0], tmp_path / "home"))


def files_of(home, pattern):
    return [path for path in sorted(home.rglob(pattern)) if path.is_file()]


INDEXES = {
    "faiss cut": lambda home: [os.truncate(path, 100) for path in files_of(home, "index.faiss")],
    "faiss overwritten": lambda home: [path.write_bytes(b"x" * 5000) for path in files_of(home, "index.faiss")],
    "vectors gone": lambda home: [shutil.rmtree(path) for path in home.rglob("vectors") if path.is_dir()],
    "vector database cut": lambda home: [os.truncate(path, 5000) for path in files_of(home, "documents.sqlite")],
    "vector database no database": lambda home: [
        path.write_bytes(b"no database" * 2000) for path in files_of(home, "documents.sqlite")
    ],
    "words gone": lambda home: [shutil.rmtree(path) for path in home.rglob("words") if path.is_dir()],
    "words overwritten": lambda home: [path.write_bytes(b"x") for path in files_of(home, "words/*")],
    "words meta cut": lambda home: [os.truncate(path, 10) for path in files_of(home, "words/meta.json")],
}


@pytest.mark.parametrize("damage", INDEXES)
def test_an_index_is_made_again_from_the_texts(home, sound, damage):
    INDEXES[damage](home)
    with open_words_library(home, create=False) as library:
        library.repair()
    assert content(home) == sound[1]


DATABASES = {
    "half": lambda data, _: data[: len(data) // 2],
    "pages": lambda data, _: data[: len(data) // 4096 // 2 * 4096],
    "nothing": lambda *_: b"",
    "no database": lambda *_: b"not a database at all" * 500,
    "random page": lambda data, dice: data[:8192] + dice.randbytes(4096) + data[12288:],
    "zeros": lambda data, _: data[:4096] + b"\0" * (len(data) - 4096),
}


@pytest.mark.parametrize("damage", DATABASES)
def test_a_damaged_database_says_what_to_do(home, sound, damage):
    (path,) = files_of(home, "library.sqlite")
    path.write_bytes(DATABASES[damage](path.read_bytes(), random.Random(13)))
    told = ""
    with suppress(OndolError), open_words_library(home, create=False) as library:
        told = "opened"
        problems = library.verify()
        assert problems or not library.source_rows()
    if not told:
        with pytest.raises(OndolError) as refusal:
            open_words_library(home, create=False)
        assert refusal.value.hint
