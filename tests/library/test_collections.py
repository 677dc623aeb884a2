"""Collections as things."""

import json
import os
import random
import runpy
import shutil
import signal
import subprocess
import sys
import time
import zipfile
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from ondol.errors import BackendError, NotFound, UnusableInput, UsageError
from ondol.library.collections import (
    delete_collection,
    describe_collections,
    rename_collection,
    restore_collection,
)
from ondol.library.exporting import MANIFEST, export_collection, import_collection
from ondol.library.finishing import one_writer
from ondol.library.folders import collection_folder, list_collections

CONFTEST = Path(__file__).with_name("conftest.py")
open_words_library = runpy.run_path(str(CONFTEST))["open_words_library"]


@pytest.fixture
def filled(tmp_path, draft):
    def fill(name="노트"):
        with open_words_library(tmp_path, name) as library:
            library.write([draft("a", "구들장을 데웁니다", "The floor stays warm"), draft("b", "Open on Friday")])
            library.finish()
        return tmp_path

    return fill


def words_found(home, name):
    with open_words_library(home, name, create=False) as library:
        assert library.verify() == []
        return [hit.metadata["document_id"] for hit in library.vectors.similarity_search("floor stays warm", k=1)]


def test_a_collection_is_listed_with_what_it_holds(filled):
    (row,) = describe_collections(filled())
    assert (row.name, row.sources, row.chunks, row.restorable_until) == ("노트", 2, 3, "")
    assert row.bytes > 1000


def test_a_renamed_collection_is_found_by_its_new_name_only(filled):
    home = filled()
    rename_collection(home, "노트", "Notes")
    assert list_collections(home) == ["Notes"]
    assert words_found(home, "Notes") == ["a"]
    with pytest.raises(NotFound):
        rename_collection(home, "노트", "x")


def test_a_name_that_is_taken_is_refused(filled):
    filled("one")
    home = filled("two")
    with pytest.raises(UsageError, match="already"):
        rename_collection(home, "one", "two")
    with pytest.raises(UsageError, match="needs a name"):
        rename_collection(home, "one", " ")
    assert list_collections(home) == ["one", "two"]


def test_a_collection_that_is_written_to_is_not_moved(filled, monkeypatch):
    home = filled()
    monkeypatch.setattr("ondol.library.collections.WAIT_S", 0.3)
    with one_writer(collection_folder(home, "노트")):
        for act in (lambda: rename_collection(home, "노트", "x"), lambda: delete_collection(home, "노트")):
            with pytest.raises(BackendError, match="Another process"):
                act()
    assert list_collections(home) == ["노트"]


def test_a_deleted_collection_comes_back(filled):
    home = filled()
    delete_collection(home, "노트")
    assert list_collections(home) == []
    (row,) = describe_collections(home)
    assert (row.name, row.sources, bool(row.restorable_until)) == ("노트", 2, True)
    restore_collection(home, "노트")
    assert words_found(home, "노트") == ["a"]
    with pytest.raises(NotFound, match="no deleted collection"):
        restore_collection(home, "노트")


def test_a_name_that_is_in_use_again_is_not_restored_over(filled):
    home = filled()
    delete_collection(home, "노트")
    filled()
    with pytest.raises(UsageError, match="already"):
        restore_collection(home, "노트")


def test_the_trash_is_emptied_of_what_is_older_than_a_day(filled):
    home = filled("old")
    delete_collection(home, "old")
    (entry,) = (home / "trash").iterdir()
    stamp = (datetime.now(UTC) - timedelta(hours=25)).strftime("%Y%m%dT%H%M%SZ")
    entry.rename(entry.with_name(f"{entry.name.rpartition('.')[0]}.{stamp}"))
    delete_collection(filled("young"), "young")
    assert [row.name for row in describe_collections(home)] == ["young"]
    delete_collection(filled("other"), "other")
    assert {row.name for row in describe_collections(home)} == {"young", "other"}


def test_an_exported_collection_is_the_same_elsewhere(filled, tmp_path):
    home, file = filled(), tmp_path / "out.ondol"
    export_collection(home, "노트", file)
    other = tmp_path / "other home"
    assert import_collection(other, file) == "노트"
    assert words_found(other, "노트") == ["a"]
    assert import_collection(other, file, "사본") == "사본"
    assert list_collections(other) == sorted(["노트", "사본"])
    with pytest.raises(UsageError, match="already"):
        import_collection(other, file)
    with pytest.raises(UsageError, match="there already"):
        export_collection(home, "노트", file)
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith(".")] == []


def test_paths_can_be_left_out(filled, tmp_path):
    file = tmp_path / "out.ondol"
    export_collection(filled(), "노트", file, with_paths=False)
    other = tmp_path / "other"
    import_collection(other, file)
    with open_words_library(other, "노트", create=False) as library:
        assert library.find("a").place is None


def test_it_is_exported_while_another_process_adds(filled, tmp_path, draft):
    home, file = filled(), tmp_path / "out.ondol"
    with open_words_library(home, "노트", create=False) as library:
        library.write([draft("c", "Not embedded yet")])
        export_collection(home, "노트", file)
        library.finish()
    other = tmp_path / "other"
    import_collection(other, file)
    with open_words_library(other, "노트", create=False) as library:
        library.finish()
        assert (library.verify(), len(library.source_rows())) == ([], 3)


@pytest.mark.parametrize("damage", ["random", "cut", "changed", "traversal", "trigger", "no manifest"])
def test_a_file_that_is_no_export_makes_no_collection(filled, tmp_path, damage):
    file, bad = tmp_path / "out.ondol", tmp_path / "bad.ondol"
    export_collection(filled(), "노트", file)
    data = file.read_bytes()
    if damage == "random":
        bad.write_bytes(b"no zip at all" * 100)
    elif damage == "cut":
        bad.write_bytes(data[: len(data) // 2])
    else:
        with zipfile.ZipFile(file) as old, zipfile.ZipFile(bad, "w") as new:
            manifest = json.loads(old.read(MANIFEST))
            for name in old.namelist():
                content = old.read(name)
                if name == MANIFEST:
                    continue
                if damage == "changed" and name == "library.sqlite":
                    content = content[:-1] + b"x"
                new.writestr(name, content)
            if damage == "traversal":
                new.writestr("../evil.txt", "x")
                manifest["members"]["../evil.txt"] = {"bytes": 1, "sha256": ""}
            if damage == "trigger":
                manifest["members"]["library.sqlite"]["sha256"] = "0" * 64
            if damage != "no manifest":
                new.writestr(MANIFEST, json.dumps(manifest))
    with pytest.raises(UnusableInput, match="not an exported collection"):
        import_collection(tmp_path / "other", bad)
    left = tmp_path / "other" / "collections"
    assert not left.exists() or list(left.iterdir()) == []
    assert not (tmp_path / "evil.txt").exists()


def test_a_newer_form_is_told(filled, tmp_path):
    file, bad = tmp_path / "out.ondol", tmp_path / "bad.ondol"
    export_collection(filled(), "노트", file)
    with zipfile.ZipFile(file) as old, zipfile.ZipFile(bad, "w") as new:
        new.writestr(MANIFEST, json.dumps({**json.loads(old.read(MANIFEST)), "form": 99}))
    with pytest.raises(BackendError, match="newer ondol"):
        import_collection(tmp_path / "other", bad)


RUN = """if True:
    import sys
    from pathlib import Path
    from ondol.library import collections, exporting
    home, act = Path(sys.argv[1]), sys.argv[2]
    print("ready", flush=True)
    if act == "rename":
        collections.rename_collection(home, "노트", "new")
    elif act == "delete":
        collections.delete_collection(home, "노트")
    elif act == "export":
        exporting.export_collection(home, "노트", home / "out.ondol", force=True)
    else:
        exporting.import_collection(home, home / "in.ondol", "copy")
"""


@pytest.mark.parametrize("act", ["rename", "delete", "export", "import"])
def test_a_killed_process_loses_nothing(filled, act):
    home, dice = filled(), random.Random(act)
    export_collection(home, "노트", home / "in.ondol")
    for _ in range(4):
        process = subprocess.Popen([sys.executable, "-c", RUN, str(home), act], stdout=subprocess.PIPE)
        process.stdout.readline()
        time.sleep(dice.random() * 0.06)
        os.kill(process.pid, signal.SIGKILL)
        process.wait()
        process.stdout.close()
        rows = {row.name: row for row in describe_collections(home)}
        (name,) = rows.keys() - {"copy"}
        if rows[name].restorable_until:
            restore_collection(home, name)
        assert words_found(home, name) == ["a"]
        if name != "노트":
            rename_collection(home, name, "노트")
        if "copy" in rows:
            assert words_found(home, "copy") == ["a"]
            delete_collection(home, "copy")
            for entry in (home / "trash").glob("copy*"):
                shutil.rmtree(entry)
