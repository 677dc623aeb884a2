"""Paths, folders and patterns lead to every file once; what cannot be read is told in one line."""

import os
import unicodedata
from pathlib import Path

import pytest

from ondol.ingest.walk import walk_paths

SUFFIXES = [".txt", ".md"]


def names(walk):
    return [Path(found.path).name for found in walk.files]


def reasons(walk):
    return {Path(row["path"]).name: row["reason"] for row in walk.failed}


def test_a_folder_is_read_in_order_without_junk(files):
    for name in ("b.txt", "a.md", "sub/c.TXT", ".git/d.txt", "node_modules/e.txt", ".hidden.txt", "~$f.txt", "g.png"):
        files.write(name, "x")
    walk = walk_paths([str(files.path)], SUFFIXES)
    assert names(walk) == ["a.md", "b.txt", "c.TXT"]
    assert walk.failed == []
    assert walk.skipped == [{"path": str(files.path), "reason": "Files of formats that cannot be read: .png (1)"}]


def test_patterns_find_files_at_any_depth(files):
    for name in ("a.txt", "b.md", "x/c.txt", "x/y/d.txt", "x/y/[e].txt"):
        files.write(name, "x")
    assert names(walk_paths([f"{files.path}/*.txt"], SUFFIXES)) == ["a.txt"]
    assert names(walk_paths([f"{files.path}/**/*.txt"], SUFFIXES)) == ["a.txt", "c.txt", "[e].txt", "d.txt"]
    assert names(walk_paths([f"{files.path}/x/y/[e].txt"], SUFFIXES)) == ["[e].txt"]


def test_relative_and_home_paths(files, monkeypatch):
    files.write("docs/a.txt", "x")
    monkeypatch.chdir(files.path / "docs")
    monkeypatch.setenv("HOME", str(files.path))
    assert [walk_paths([name], SUFFIXES).files[0].path for name in ("a.txt", "../docs/*.txt", "~/docs/a.txt")] == [
        "a.txt", "../docs/a.txt", str(files.path / "docs/a.txt"),
    ]  # fmt: skip


@pytest.mark.parametrize("typed", ["NFC", "NFD"])
@pytest.mark.parametrize("stored", ["NFC", "NFD"])
def test_korean_names_are_found_in_either_form(files, typed, stored):
    files.write(unicodedata.normalize(stored, "한글 폴더/회의록 가나다.txt"), "x")
    for name in ("한글 폴더/회의록 가나다.txt", "한글 폴더", "한글*/회의록*.txt"):
        walk = walk_paths([unicodedata.normalize(typed, f"{files.path}/{name}")], SUFFIXES)
        assert [found.path for found in walk.files] == [f"{files.path}/한글 폴더/회의록 가나다.txt"]
        assert walk.files[0].place.is_file()


def test_a_file_is_met_once_however_often_it_is_named(files):
    path = files.write("a.txt", "x")
    (files.path / "link.txt").symlink_to(path)
    (files.path / "again").symlink_to(files.path / "sub")
    files.write("sub/b.txt", "x")
    walk = walk_paths([str(files.path), path, f"{files.path}/*"], SUFFIXES)
    assert sorted(names(walk)) == ["a.txt", "b.txt"]
    assert walk.failed == []


def test_links_that_lead_nowhere_or_back_are_told_once(files):
    (files.path / "gone.txt").symlink_to(files.path / "nothing")
    (files.path / "self.txt").symlink_to(files.path / "self.txt")
    files.write("sub/a.txt", "x")
    (files.path / "sub" / "up").symlink_to(files.path)
    walk = walk_paths([str(files.path)], SUFFIXES)
    assert names(walk) == ["a.txt"]
    assert reasons(walk) == {
        "gone.txt": "This link leads nowhere.",
        "self.txt": "This link leads back to itself.",
        "up": "This link leads back to a folder above it.",
    }


def test_what_is_named_and_cannot_be_read_is_told(files):
    os.mkfifo(files.path / "pipe.txt")
    image = files.write("photo.png", "x")
    walk = walk_paths([image, str(files.path / "pipe.txt"), str(files.path / "*.docx"), "no/such"], SUFFIXES)
    assert reasons(walk) == {
        "photo.png": "The format .png cannot be read.",
        "pipe.txt": "This is neither a file nor a folder.",
        "*.docx": "No file fits this pattern.",
        "such": "There is no such file or folder.",
    }


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read every folder")
def test_a_folder_without_permission_is_told(files):
    files.write("open/a.txt", "x")
    files.write("shut/b.txt", "x")
    (files.path / "shut").chmod(0)
    walk = walk_paths([str(files.path)], SUFFIXES)
    (files.path / "shut").chmod(0o700)
    assert names(walk) == ["a.txt"]
    assert reasons(walk) == {"shut": "Reading this is not permitted."}


def test_a_name_that_is_no_text_is_shown_and_read(files):
    Path(os.fsdecode(os.fsencode(files.path) + b"/caf\xe9.txt")).write_text("x")
    walk = walk_paths([str(files.path)], SUFFIXES)
    assert names(walk) == ["caf�.txt"]
    assert walk.files[0].place.read_text() == "x"
