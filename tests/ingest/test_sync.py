"""A folder and the library in step."""

import threading

import pytest

from ondol.errors import UnusableInput, UsageError
from ondol.ingest.sync import sync_folder
from ondol.ingest.watch import watch_folder


@pytest.fixture
def sync(library, files):
    return lambda **options: sync_folder(library, files.path, **options)


@pytest.fixture
def folder(files):
    files.write("온돌.txt", "구들장을 데우면 방바닥이 따뜻해집니다.")
    files.write("rules/repair.md", "# Repair\n\nBring your toaster on Friday.")
    files.write("rules/old.txt", "The old rules of the café.")
    return files.path


def sources(library):
    return sorted(row["source"].rpartition("files/")[2] for row in library.source_rows())


def test_a_second_run_changes_nothing(sync, folder, library):
    assert sync().added == 3
    again = sync()
    assert (again.unchanged, again.added, again.updated, again.removed, again.moved) == (3, 0, 0, 0, 0)
    assert library.verify() == []


def test_what_is_gone_from_the_folder_goes_from_the_library(sync, folder, library):
    sync()
    (folder / "rules" / "old.txt").unlink()
    assert sync().removed == 1
    assert sources(library) == ["rules/repair.md", "온돌.txt"]
    assert library.verify() == []


def test_a_moved_file_keeps_its_vectors_and_its_id(sync, folder, library):
    sync()
    before = {row["source"].rpartition("/")[2]: row["document_id"] for row in library.source_rows()}
    ids = sorted(library.vectors.list_ids())
    (folder / "2026").mkdir()
    (folder / "rules" / "old.txt").rename(folder / "2026" / "old.txt")
    report = sync()
    assert (report.moved, report.removed, report.added, report.chunks) == (1, 0, 0, 0)
    assert sources(library) == ["2026/old.txt", "rules/repair.md", "온돌.txt"]
    assert {row["source"].rpartition("/")[2]: row["document_id"] for row in library.source_rows()} == before
    assert sorted(library.vectors.list_ids()) == ids
    assert library.show(str(folder / "2026" / "old.txt"))["text"].startswith("The old rules")


def test_a_new_file_in_the_place_of_a_moved_one_is_another_source(sync, folder, library):
    sync()
    (folder / "new").mkdir()
    (folder / "rules" / "old.txt").rename(folder / "new" / "old.txt")
    sync()
    (folder / "rules" / "old.txt").write_text("Other rules stand here now.")
    assert sync().added == 1
    assert len({row["document_id"] for row in library.source_rows()}) == 4
    assert library.show(str(folder / "rules" / "old.txt"))["text"].startswith("Other")
    assert library.show(str(folder / "new" / "old.txt"))["text"].startswith("The old")


def test_a_file_whose_new_name_is_its_new_title_is_read_again(sync, folder, library):
    sync()
    (folder / "온돌.txt").rename(folder / "마루.txt")
    report = sync()
    assert (report.moved, report.added, report.removed) == (0, 1, 1)
    assert library.show(str(folder / "마루.txt"))["title"] == "마루"


def test_a_renamed_file_with_a_title_of_its_own_keeps_its_vectors(sync, folder, library):
    sync()
    (folder / "rules" / "repair.md").rename(folder / "rules" / "fixing.md")
    assert sync().moved == 1


def test_rules_leave_files_out_and_take_them_out(sync, folder, library):
    (folder / ".ondolignore").write_text("rules/*\n!rules/repair.md\n")
    assert sync().added == 2
    (folder / "rules" / ".gitignore").write_text("repair.md\n")
    assert sync().removed == 1
    assert sync(exclude=["온돌*"]).removed == 1
    assert sync(exclude=[], read_ignore_files=False).added == 3


def test_more_than_half_of_many_is_not_removed_unasked(sync, files, library):
    for number in range(14):
        files.write(f"{number}.txt", f"note {number}")
    sync()
    for number in range(12):
        (files.path / f"{number}.txt").unlink()
    with pytest.raises(UsageError, match="12 files"):
        sync()
    assert len(library.source_rows()) == 14
    assert sync(delete_many=True).removed == 12


def test_a_folder_that_is_not_there_removes_nothing(library, folder, sync):
    sync()
    with pytest.raises(UnusableInput, match="no folder"):
        sync_folder(library, folder / "nowhere")
    assert len(library.source_rows()) == 3


def test_a_failure_is_forgotten_with_its_file(sync, folder, library):
    (folder / "bad.pdf").write_bytes(b"%PDF-1.4 no")
    assert len(sync().failed) == 1
    assert library.state()["problems"]
    (folder / "bad.pdf").unlink()
    sync()
    assert library.state()["problems"] == []


def test_watching_reads_what_changes(sync, folder, library):
    stop = threading.Event()
    rounds = watch_folder(folder, sync, stop=stop)
    assert next(rounds).added == 3

    def change():
        (folder / "new.txt").write_text("Something new.")

    timer = threading.Timer(1.0, change)
    timer.start()
    assert next(rounds).added == 1
    stop.set()
    assert list(rounds) == []
