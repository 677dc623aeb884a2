"""A library on the tests' small embedder, in this process and in others that are killed."""

import os
import random
import runpy
import subprocess
import sys
from pathlib import Path

import pytest

from ondol.lang import nfc

CONFTEST = Path(__file__).parents[1] / "library" / "conftest.py"
open_words_library = runpy.run_path(str(CONFTEST))["open_words_library"]
SCRIPT = f"""if True:
    import runpy, sys
    from pathlib import Path
    from ondol.ingest.add import add_documents, remove_documents
    from ondol.ingest.reindex import reindex_vectors
    from ondol.ingest.sync import sync_folder
    open_words_library = runpy.run_path({str(CONFTEST)!r})["open_words_library"]
    home, folder, act = Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3]
    print("ready", flush=True)
    with open_words_library(home) as library:
        if act == "add":
            add_documents(library, [folder])
        elif act == "sync":
            sync_folder(library, folder)
        elif act == "remove":
            known = {{row["source"] for row in library.source_rows()}}
            gone = [str(path) for path in sorted(folder.glob("1*.txt")) if str(path) in known]
            remove_documents(library, gone)
        elif act == "reindex":
            reindex_vectors(library, "other:")
    print("done", flush=True)
"""
SENTENCES = (
    "구들장을 데우면 방바닥이 따뜻해집니다.",
    "The repair cafe opens every Friday.",
    "도서관은 아침 아홉 시에 엽니다.",
    "Bring your toaster and a little patience.",
    "제56조에 따라 가산하여 지급한다.",
)


def write_files(folder, count=24, *, seed=13):
    """Files of a few chunks each, the same for the same seed."""
    dice = random.Random(seed)
    folder.mkdir(parents=True, exist_ok=True)
    for number in range(count):
        lines = [f"{dice.choice(SENTENCES)} {dice.randrange(10**6)}" for _ in range(40)]
        (folder / f"{number}.txt").write_text(f"문서 {number}\n\n" + "\n".join(lines), encoding="utf-8")


def start(home, folder, act):
    command = [sys.executable, "-c", SCRIPT, str(home), str(folder), act]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env={**os.environ})


def run(home, folder, act):
    process = start(home, folder, act)
    out, error = process.communicate(timeout=300)
    assert out.endswith(b"done\n"), error.decode()


def content(home):
    """Everything that a person could tell apart: texts, chunks, vectors, words."""
    with open_words_library(home, create=False) as library:
        assert library.verify() == []
        rows = library.source_rows()
        texts = {nfc(row["source"]): library.show(row["document_id"])["text"] for row in rows}
        ids = {row[0] for row in library._db.execute("SELECT id FROM chunks")}
        assert set(library.vectors.list_ids()) == ids
        assert library.words.count() == len(ids)
        left = library._db.execute("SELECT (SELECT count(*) FROM staged_chunks) + (SELECT count(*) FROM tombstones)")
        return texts, ids, library.embeddings_spec, left.fetchone()[0]


@pytest.fixture
def open_library(tmp_path):
    return lambda name="home": open_words_library(tmp_path / name)
