"""The file opens, migrates, refuses what it cannot know, and bears two writers."""

import sqlite3
import threading

import pytest

from ondol.errors import BackendError, Damaged
from ondol.library.database import open_database, transaction
from ondol.library.schema import MIGRATIONS


def test_a_new_file_has_the_newest_form_and_wal(tmp_path):
    db = open_database(tmp_path / "new.sqlite")
    assert db.execute("PRAGMA user_version").fetchone()[0] == len(MIGRATIONS)
    assert db.execute("PRAGMA journal_mode").fetchone()[0] == "wal"
    assert db.execute("PRAGMA foreign_keys").fetchone()[0] == 1
    db.close()


def test_a_file_of_a_newer_ondol_is_refused(tmp_path):
    db = open_database(tmp_path / "new.sqlite")
    db.execute("PRAGMA user_version = 99")
    db.close()
    with pytest.raises(BackendError, match=r"written by a newer ondol \(its form is 99"):
        open_database(tmp_path / "new.sqlite")


def test_a_file_that_is_no_database_is_told(tmp_path):
    (tmp_path / "bad.sqlite").write_bytes(b"this is not a database" * 100)
    with pytest.raises(Damaged, match="is not a library: file is not a database"):
        open_database(tmp_path / "bad.sqlite")


def test_a_failed_transaction_leaves_nothing(tmp_path):
    db = open_database(tmp_path / "new.sqlite")
    with pytest.raises(sqlite3.IntegrityError), transaction(db):
        db.executemany("INSERT INTO tombstones VALUES (?)", [("x",), ("y",), ("x",)])
    assert db.execute("SELECT count(*) FROM tombstones").fetchone()[0] == 0
    db.close()


def test_a_read_only_file_is_told(tmp_path):
    open_database(tmp_path / "new.sqlite").close()
    db = sqlite3.connect(f"file:{tmp_path}/new.sqlite?mode=ro", uri=True, isolation_level=None)
    with pytest.raises(BackendError, match="cannot be written: attempt to write a readonly database"), transaction(db):
        db.execute("INSERT INTO tombstones VALUES ('x')")
    db.close()


@pytest.mark.parametrize("_", range(8))  # making the file at the same moment went wrong once in ten times
def test_two_writers_wait_for_each_other(tmp_path, _):
    def write(name):
        db = open_database(tmp_path / "new.sqlite")
        for number in range(50):
            with transaction(db):
                db.execute("INSERT INTO tombstones VALUES (?)", [f"{name}{number}"])
        db.close()

    threads = [threading.Thread(target=write, args=[name]) for name in "ab"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    db = open_database(tmp_path / "new.sqlite")
    assert db.execute("SELECT count(*) FROM tombstones").fetchone()[0] == 100
    db.close()
