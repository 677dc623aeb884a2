"""Archives: the files inside as parts, in memory; nothing is written to a disk, and a name is only a label."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import re
import struct
import tarfile
import zipfile
import zlib
from collections.abc import Callable
from functools import partial
from pathlib import PurePosixPath
from typing import IO, cast

from ondol.errors import UnusableInput
from ondol.ingest.formats import FORMATS
from ondol.ingest.parsed import Parsed, Part
from ondol.ingest.walk import JUNK
from ondol.lang import nfc, translate

LARGEST = 256 << 20
"""Bytes of all files that are read out of an archive: they are held in memory together, with the archive and then
with the text of each, in a process that has about 1 GB."""
LONGEST = 1 << 30
"""Bytes of a compressed tar, with all in it that nobody reads: about ten seconds of unpacking."""
MOST = 20_000
"""Files; more is no archive of documents."""
DENSEST = 250
"""Unpacked bytes for each packed one, from `FREE` on: logs and tables reach 50, traps 1,000."""
FREE = 16 << 20
XZ_MEMORY = 128 << 20
"""Bytes; `xz -9` needs 65 MB, and a file may ask for 4 GB."""
STEP = 1 << 20
DRIVE = re.compile(r"\A[A-Za-z]:")
TOLD = 3
DAMAGE = (
    zipfile.BadZipFile, tarfile.TarError, zlib.error, lzma.LZMAError, OSError, EOFError, ValueError, IndexError,
    struct.error, NotImplementedError, RuntimeError,
)  # fmt: skip


def read_archive(data: bytes, name: str) -> Parsed:
    """A .zip, a .tar, one of these compressed, or one compressed file; which it is, its bytes tell."""
    archive = _Archive(len(data))
    try:
        if opened := _compressed(data):
            archive.read_compressed(opened, name)
        elif _is_tar(data[:512]):
            archive.read_tar(io.BytesIO(data))
        elif zipfile.is_zipfile(io.BytesIO(data)):
            archive.read_zip(data)
        else:
            raise UnusableInput("The archive is damaged, or of another kind than its name says.")
    except DAMAGE as error:
        raise UnusableInput("The archive is damaged: {reason}", reason=error) from error
    if not archive.parts:
        raise UnusableInput(archive.unread or translate("The archive holds no files."))
    return Parsed(text="", title=name, format="archive", parts=tuple(archive.parts), unread=archive.unread)


class _Archive:
    """What was found so far; files of formats that nobody reads are named, and their bytes are left alone."""

    def __init__(self, size: int) -> None:
        self.parts: list[Part] = []
        self._size, self._held = size, 0
        self._lost: dict[str, list[str]] = {}

    @property
    def unread(self) -> str:
        lines = []
        for reason, names in self._lost.items():
            more = f" (+{len(names) - TOLD})" if len(names) > TOLD else ""
            lines.append(f"{translate(reason)}: {', '.join(names[:TOLD])}{more}")
        return "; ".join(lines)

    def read_zip(self, data: bytes) -> None:
        end = data.rfind(b"PK\5\6")  # entries are counted before zipfile makes an object of each
        directory = end - int.from_bytes(data[end + 12 : end + 16], "little") - 76
        _check_count(data.count(b"PK\1\2", max(0, directory), end))
        with zipfile.ZipFile(io.BytesIO(data)) as package:
            for member in package.infolist():
                mode = member.external_attr >> 16
                if member.is_dir() or (mode & 0o170000) not in (0, 0o100000):
                    continue
                path = clean_path(_zip_name(member))
                if member.flag_bits & 1:
                    self._lose("Protected by a password", path)
                    continue
                try:
                    self._take(path, member.file_size, partial(package.open, member))
                except NotImplementedError:
                    self._lose("Packed in a way that cannot be read", path)
                except DAMAGE:
                    self._lose("Damaged", path)

    def read_compressed(self, opened: IO[bytes], name: str) -> None:
        """One file, which mostly is a tar."""
        stream = _Counted(opened, self._size)
        head = stream.read(512)
        if _is_tar(head):
            self.read_tar(cast("IO[bytes]", _After(head, stream)))
            return
        pieces = [head]
        while piece := stream.read(STEP):
            self._hold(len(piece))
            pieces.append(piece)
        path = clean_path(name)
        self.parts.append(Part(path if PurePosixPath(path).suffix else f"{path}.txt", b"".join(pieces)))

    def read_tar(self, stream: IO[bytes]) -> None:
        with tarfile.open(fileobj=stream, mode="r|", encoding="utf-8", errors="surrogateescape") as package:
            for number, member in enumerate(package):
                _check_count(number)
                if member.isreg() and not member.issparse():
                    path = clean_path(_decode_name(member.name.encode("utf-8", "surrogateescape")))
                    self._take(path, member.size, partial(package.extractfile, member))

    def _take(self, path: str, size: int, open_it: Callable[[], IO[bytes] | None]) -> None:
        if not path or is_junk(path):
            return
        if PurePosixPath(path).suffix.lower() not in FORMATS:
            self.parts.append(Part(path, b""))
            return
        self._hold(size)
        opened = open_it()
        if opened is None:
            return
        with opened:
            content = opened.read(size + 1)
        if len(content) != size:
            raise zipfile.BadZipFile(f"{path}: {len(content)} bytes")
        self.parts.append(Part(path, content))

    def _hold(self, size: int) -> None:
        self._held += size
        if self._held > LARGEST:
            raise UnusableInput(
                "The files in the archive are larger than {limit} MB together: unpack it and add the folder.",
                limit=LARGEST >> 20,
            )
        check_density(self._held, self._size)

    def _lose(self, reason: str, path: str) -> None:
        if path and not is_junk(path):
            self._lost.setdefault(reason, []).append(path)


def _check_count(count: int) -> None:
    if count > MOST:
        raise UnusableInput("The archive holds more than {limit} files.", limit=MOST)


def check_density(unpacked: int, packed: int) -> None:
    if unpacked > FREE and unpacked > DENSEST * packed:
        raise UnusableInput("The archive unpacks to {times} times its size: it is a trap.", times=unpacked // packed)


class _Counted(io.RawIOBase):
    """A stream that ends with an error where it becomes too long."""

    def __init__(self, opened: IO[bytes], packed: int) -> None:
        self._opened, self._packed, self._read = opened, packed, 0

    def read(self, size: int = -1, /) -> bytes:
        data = self._opened.read(STEP if size < 0 else min(size, STEP))
        self._read += len(data)
        if self._read > LONGEST:
            raise UnusableInput(
                "The archive unpacks to more than {limit} MB: unpack it and add the folder.", limit=LONGEST >> 20
            )
        check_density(self._read, self._packed)
        return data


class _After(io.RawIOBase):
    """A stream whose beginning was read already."""

    def __init__(self, head: bytes, rest: _Counted) -> None:
        self._head, self._rest = head, rest

    def read(self, size: int = -1, /) -> bytes:
        if self._head:
            data, self._head = self._head[:size], self._head[size:]
            return data
        return self._rest.read(size)


class _Xz(io.RawIOBase):
    """An .xz or .lzma stream that is not given more memory than it needs."""

    def __init__(self, data: bytes) -> None:
        self._decoder, self._data = lzma.LZMADecompressor(memlimit=XZ_MEMORY), data

    def read(self, size: int = -1, /) -> bytes:
        while True:
            if self._decoder.eof:
                self._data = self._decoder.unused_data.lstrip(b"\0")
                if not self._data:
                    return b""
                self._decoder = lzma.LZMADecompressor(memlimit=XZ_MEMORY)
            data, self._data = self._data, b""
            if found := self._decoder.decompress(data, max_length=size):
                return found
            if self._decoder.needs_input and not self._decoder.eof:
                raise EOFError("it ends too early")


def _is_tar(head: bytes) -> bool:
    try:
        tarfile.TarInfo.frombuf(head, "utf-8", "surrogateescape")
    except (tarfile.TarError, ValueError):
        return False
    return True


def _compressed(data: bytes) -> IO[bytes] | None:
    if data.startswith(b"\x1f\x8b"):
        return cast("IO[bytes]", gzip.GzipFile(fileobj=io.BytesIO(data)))
    if data.startswith(b"BZh"):
        return bz2.BZ2File(io.BytesIO(data))
    if data.startswith((b"\xfd7zXZ\0", b"\x5d\0\0")):
        return cast("IO[bytes]", _Xz(data))
    return None


def _zip_name(member: zipfile.ZipInfo) -> str:
    """The name in its real letters: without the flag for UTF-8 it was read as CP437, which keeps every byte."""
    if member.flag_bits & 0x800:
        return member.filename
    try:
        return _decode_name(member.filename.encode("cp437"))
    except UnicodeEncodeError:
        return member.filename


def _decode_name(raw: bytes) -> str:
    """UTF-8, else CP949 as Korean Windows writes it."""
    for encoding in ("utf-8", "cp949"):
        try:
            return raw.decode(encoding)
        except UnicodeDecodeError:
            continue
    return raw.decode("cp437")


def clean_path(name: str) -> str:
    """A name inside as a label: NFC, `/` between folders, none above the archive; empty when nothing is left."""
    name = DRIVE.sub("", nfc("".join(char for char in name if char.isprintable())).replace("\\", "/"))
    return "/".join(part for part in (piece.strip() for piece in name.split("/")) if part.strip("."))


def is_junk(path: str) -> bool:
    """What no person put there: as in a folder, names with a dot in front, and what systems leave behind."""
    return any(part.startswith((".", "~$")) or part in JUNK for part in path.split("/"))
