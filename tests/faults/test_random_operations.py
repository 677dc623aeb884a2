"""Two processes do random things to one collection at once; afterwards there is nothing to repair."""

import os
import runpy
import subprocess
import sys
from pathlib import Path

import pytest

tools = runpy.run_path(str(Path(__file__).with_name("conftest.py")))
content, write_files = tools["content"], tools["write_files"]
CONFTEST = tools["CONFTEST"]
WORKER = f"""if True:
    import random, runpy, sys
    from pathlib import Path
    from ondol.errors import NotFound, UnusableInput
    from ondol.ingest.add import add_documents, remove_documents
    from ondol.ingest.reindex import reindex_words
    from ondol.ingest.sync import sync_folder
    from ondol.library.tags import TagChange
    open_words_library = runpy.run_path({str(CONFTEST)!r})["open_words_library"]
    home, folder, seed, count = Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3], int(sys.argv[4])
    dice = random.Random(seed)
    library = open_words_library(home)
    for number in range(count):
        files = sorted(folder.glob("**/*.txt"))
        file = dice.choice(files)
        act = dice.choice(["add", "add", "change", "remove", "sync", "move", "tag", "search", "open", "words", "all"])
        try:
            if act == "add":
                add_documents(library, [file])
            elif act == "change":
                file.write_text(f"Changed by {{seed}} {{number}}.\\n" + file.read_text())
                add_documents(library, [file])
            elif act == "remove":
                remove_documents(library, [str(file)])
            elif act == "sync":
                sync_folder(library, folder, delete_many=True)
            elif act == "move":
                file.rename(file.with_name(f"{{seed}}-{{number}}.txt"))
                sync_folder(library, folder, delete_many=True)
            elif act == "tag":
                rows = library.source_rows()
                library.tag([row["document_id"] for row in rows[:3]], TagChange(add=[f"t{{number}}"], remove=[]))
            elif act == "search":
                for hit in library.vectors.similarity_search("toaster", k=3):
                    library.live_chunks([(hit.id, 0.5)])
            elif act == "words":
                reindex_words(library)
            elif act == "all":
                add_documents(library, [folder])
            else:
                library.close()
                library = open_words_library(home)
        except (NotFound, UnusableInput, FileNotFoundError):
            continue  # the other process was faster
    library.close()
    print("done")
"""


def operate(tmp_path, count):
    folder, home = tmp_path / "files", tmp_path / "home"
    write_files(folder, 12)
    command = [sys.executable, "-c", WORKER, str(home), str(folder)]
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "env": {**os.environ}}
    both = [subprocess.Popen([*command, seed, str(count)], **pipes) for seed in ("one", "two")]
    for process in both:
        out, error = process.communicate(timeout=1500)
        assert out == b"done\n", error.decode()[-3000:]
    with tools["open_words_library"](home, create=False) as library:
        library.finish()
    texts, _, _, left = content(home)
    assert left == 0
    for source, text in texts.items():
        path = Path(source)
        if path.is_file():  # one that was renamed by the other process at the end goes with the next sync
            assert text.split()[-1] == path.read_text(encoding="utf-8").split()[-1]


def test_30_operations_of_two_processes_leave_nothing_to_repair(tmp_path):
    operate(tmp_path, 15)


@pytest.mark.slow
def test_500_operations_of_two_processes_leave_nothing_to_repair(tmp_path):
    operate(tmp_path, 250)
