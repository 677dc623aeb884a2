"""Files inside archives: names are labels, traps are refused, what cannot be read is told."""

import bz2
import gzip
import io
import lzma
import random
import runpy
import tarfile
import time
import tracemalloc
import zipfile
from pathlib import Path

import pytest

from ondol.errors import UnusableInput
from ondol.ingest.formats import archive
from ondol.ingest.formats.archive import read_archive

check_reader = runpy.run_path(str(Path(__file__).with_name("fuzz.py")))["check_reader"]
FILES = {"문서/안내.txt": "구들장을 데웁니다.".encode(), "a.md": b"# A\n"}


def make_zip(files, compression=zipfile.ZIP_DEFLATED):
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w", compression) as package:
        for name, content in files.items():
            package.writestr(name, content)
    return data.getvalue()


def make_tar(files, links=(), kind=tarfile.PAX_FORMAT, encoding="utf-8"):
    data = io.BytesIO()
    with tarfile.open(fileobj=data, mode="w", format=kind, encoding=encoding) as package:
        for name, content in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            package.addfile(member, io.BytesIO(content))
        for name, type_, target in links:
            member = tarfile.TarInfo(name)
            member.type, member.linkname = type_, target
            package.addfile(member)
    return data.getvalue()


def inside(data, name="x"):
    return {part.name: part.data for part in read_archive(data, name).parts}


@pytest.mark.parametrize(
    "pack",
    [
        make_zip, lambda files: make_zip(files, zipfile.ZIP_STORED), lambda files: make_zip(files, zipfile.ZIP_LZMA),
        make_tar, lambda files: make_tar(files, kind=tarfile.GNU_FORMAT), lambda files: gzip.compress(make_tar(files)),
        lambda files: bz2.compress(make_tar(files)), lambda files: lzma.compress(make_tar(files)),
        lambda files: make_tar(files, kind=tarfile.USTAR_FORMAT, encoding="cp949"),
    ],
)  # fmt: skip
def test_the_files_inside_are_parts_with_their_paths(pack):
    assert inside(pack(FILES)) == FILES
    parsed = read_archive(pack(FILES), "묶음")
    assert (parsed.text, parsed.title, parsed.format, parsed.unread) == ("", "묶음", "archive", "")


@pytest.mark.parametrize("pack", [gzip.compress, bz2.compress, lzma.compress])
def test_one_compressed_file_is_one_part(pack):
    assert inside(pack(b"text"), "log.txt") == {"log.txt": b"text"}
    assert inside(pack(b"text"), "notes") == {"notes.txt": b"text"}
    assert inside(pack(b"one") + pack(b"two"), "a.txt") == {"a.txt": b"onetwo"}


def test_korean_names_of_windows_and_of_a_mac_are_read():
    windows = make_zip({"XXXXXX.txt": b"a"}).replace(b"XXXXXX", "계약서".encode("cp949"))
    mac = make_zip({"X" * 9 + ".txt": b"a"}).replace(b"X" * 9, "계약서".encode())
    decomposed = make_zip({"\u1112\u1161\u11ab.txt": b"a"})
    assert [list(inside(data)) for data in (windows, mac, decomposed)] == [["계약서.txt"], ["계약서.txt"], ["한.txt"]]


def test_names_are_harmless():
    names = ["../../etc/a.txt", "/abs/b.txt", "C:\\Users\\c.txt", "d/./e//f.txt", "..\\g.txt", "h\x1b[0m\n.txt"]
    assert list(inside(make_tar(dict.fromkeys(names, b"x")))) == [
        "etc/a.txt", "abs/b.txt", "Users/c.txt", "d/e/f.txt", "g.txt", "h[0m.txt",
    ]  # fmt: skip


def test_junk_links_and_devices_are_left_out():
    junk = ["__MACOSX/a.txt", ".git/b.txt", "c/.env", "d/Thumbs.db", "~$e.txt", "node_modules/f.md"]
    assert inside(make_zip(FILES | dict.fromkeys(junk, b"x"))) == FILES
    links = [("l.txt", tarfile.SYMTYPE, "/etc/passwd"), ("h.txt", tarfile.LNKTYPE, "a.md"), ("d", tarfile.DIRTYPE, ""),
             ("n.txt", tarfile.CHRTYPE, "")]  # fmt: skip
    assert inside(make_tar(FILES, links)) == FILES
    linked = zipfile.ZipInfo("link.txt")
    linked.external_attr = 0o120777 << 16
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as package:
        package.writestr(linked, "/etc/passwd")
        package.writestr("a.md", "x")
    assert list(inside(data.getvalue())) == ["a.md"]


def test_files_that_nobody_reads_are_named_but_not_unpacked():
    assert inside(make_zip({"film.xyz": b"0" * 1000, "a.md": b"x"})) == {"film.xyz": b"", "a.md": b"x"}


def locked(data, *names):
    """Set the flag of a password on members of a zip."""
    data = bytearray(data)
    for signature, flags, name in ((b"PK\3\4", 6, 30), (b"PK\1\2", 8, 46)):
        place = data.find(signature)
        while place >= 0:
            if any(data[place + name :].startswith(other.encode()) for other in names):
                data[place + flags] |= 1
            place = data.find(signature, place + 4)
    return bytes(data)


def test_what_a_password_protects_is_told():
    data = make_zip({f"{letter}.txt": b"x" for letter in "abcde"})
    parsed = read_archive(locked(data, *"abcd"), "x")
    assert [part.name for part in parsed.parts] == ["e.txt"]
    assert parsed.unread == "Protected by a password: a.txt, b.txt, c.txt (+1)"
    with pytest.raises(UnusableInput, match=r"^Protected by a password: a\.txt"):
        read_archive(locked(data, *"abcde"), "x")


def test_a_damaged_file_inside_is_told_and_the_others_are_read():
    data = make_zip({"a.txt": b"first" * 9, "b.txt": b"second"}, zipfile.ZIP_STORED).replace(
        b"firstfirst", b"firstFIRST"
    )
    parsed = read_archive(data, "x")
    assert ([part.name for part in parsed.parts], parsed.unread) == (["b.txt"], "Damaged: a.txt")


def test_damage_and_other_kinds_are_told():
    for data in (b"no archive", bytes(range(256)), b"PK\3\4 cut"):
        with pytest.raises(UnusableInput, match="The archive is damaged, or of another kind"):
            read_archive(data, "x")
    for pack in (gzip.compress, bz2.compress, lzma.compress):
        with pytest.raises(UnusableInput, match="The archive is damaged: "):
            read_archive(pack(make_tar(FILES | {"b.txt": random.Random(1).randbytes(9000)}))[:6000], "x")
    with pytest.raises(UnusableInput, match=r"^The archive holds no files\.$"):
        read_archive(make_zip({}), "x")


def test_a_bomb_is_refused_without_being_unpacked():
    zeros = bytes(64 << 20)
    bombs = [
        (make_zip({"a.txt": zeros}), "times its size: it is a trap"),
        (gzip.compress(zeros), "times its size: it is a trap"),
        (bz2.compress(zeros), "times its size: it is a trap"),
        (gzip.compress(make_tar({"film.xyz": zeros})), "times its size: it is a trap"),
    ]
    del zeros
    tracemalloc.start()
    for data, message in bombs:
        with pytest.raises(UnusableInput, match=message):
            read_archive(data, "x.txt")
    assert tracemalloc.get_traced_memory()[1] < 48 << 20
    tracemalloc.stop()


def test_too_much_and_too_many_are_refused(monkeypatch):
    monkeypatch.setattr(archive, "LARGEST", 1000)
    with pytest.raises(UnusableInput, match="larger than 0 MB together: unpack it and add the folder"):
        read_archive(make_zip({"a.txt": b"x" * 600, "b.txt": b"x" * 600}), "x")
    monkeypatch.setattr(archive, "LONGEST", 4000)
    with pytest.raises(UnusableInput, match="unpacks to more than 0 MB: unpack it"):
        read_archive(gzip.compress(make_tar({"film.xyz": b"x" * 6000})), "x")
    monkeypatch.setattr(archive, "MOST", 3)
    for pack in (make_zip, make_tar):
        with pytest.raises(UnusableInput, match=r"^The archive holds more than 3 files\.$"):
            read_archive(pack({f"{number}.txt": b"x" for number in range(9)}), "x")


def test_a_member_that_lies_about_its_size_is_damaged():
    data = make_zip({"a.txt": b"x" * 5000, "b.md": b"y"})
    parsed = read_archive(data.replace((5000).to_bytes(4, "little"), (50).to_bytes(4, "little")), "x")
    assert ([part.name for part in parsed.parts], parsed.unread) == (["b.md"], "Damaged: a.txt")


@pytest.mark.parametrize(
    "data",
    [
        make_zip(FILES),
        make_tar(FILES),
        gzip.compress(make_tar(FILES)),
        lzma.compress(b"x" * 500),
        bz2.compress(b"text"),
    ],
)
def test_damaged_archives_never_hang(data):
    check_reader(read_archive, data)


def test_many_small_files_are_quick():
    data = make_zip({f"{number}.txt": b"text" for number in range(10_000)})
    started = time.perf_counter()
    assert len(inside(data)) == 10_000
    assert time.perf_counter() - started < 10
