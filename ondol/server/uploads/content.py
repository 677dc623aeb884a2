"""What an uploaded file is by its bytes, against what its name says: a first look, before it is read for good."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path, PurePath

from ondol.errors import UnusableInput
from ondol.ingest.formats import FORMATS
from ondol.ingest.formats.encoding import BOMS, CONTROL

HEAD = 1 << 16
"""Bytes that are looked at."""
ZIP, OLE, PDF, RTF, PICTURE, MEDIA, PACKED, TAR = "zip", "ole", "pdf", "rtf", "picture", "media", "packed", "tar"
MARKS: tuple[tuple[bytes, str], ...] = (
    (b"PK\x03\x04", ZIP), (b"PK\x05\x06", ZIP), (b"\xd0\xcf\x11\xe0", OLE), (b"%PDF-", PDF), (b"{\\rtf", RTF),
    (b"\x89PNG", PICTURE), (b"\xff\xd8\xff", PICTURE), (b"GIF8", PICTURE), (b"II*\0", PICTURE), (b"MM\0*", PICTURE),
    (b"BM", PICTURE), (b"ID3", MEDIA), (b"fLaC", MEDIA), (b"OggS", MEDIA), (b"\x1aE\xdf\xa3", MEDIA),
    (b"\x1f\x8b", PACKED), (b"BZh", PACKED), (b"\xfd7zXZ", PACKED), (b"HWP Document File", OLE),
)  # fmt: skip
"""Beginnings of files; the first that fits counts."""
_KINDS: tuple[tuple[str, tuple[str, ...]], ...] = (
    (".pdf", (PDF,)), (".rtf", (RTF,)), (".docx .pptx .hwpx .odt .odp .epub", (ZIP, OLE)),
    (".hwp .msg", (OLE,)), (".xlsx .xlsm .xlsb .xls .ods", (ZIP, OLE)),
    (".zip .tgz .tbz2 .txz .gz .bz2 .xz", (ZIP, PACKED, TAR)), (".tar", (ZIP, PACKED, TAR, "")),
    (".png .jpg .jpeg .tif .tiff .bmp .webp .gif", (PICTURE,)),
    (".mp3 .wav .m4a .flac .ogg .opus .aac .mp4 .mkv .webm .mov", (MEDIA,)),
)  # fmt: skip
EXPECTED: Mapping[str, tuple[str, ...]] = {suffix: kinds for suffixes, kinds in _KINDS for suffix in suffixes.split()}
"""Extension → what the bytes may be; any other extension is text. OLE also holds encrypted documents of Office, of
which the reader says so."""

MIXED = (".eml", ".mbox", ".mht", ".mhtml")
"""Text that may hold bytes of anything."""


def check_content(path: Path, name: str) -> None:
    """See whether a file can be what it is called.

    Raises:
        UnusableInput: nobody reads its format, it is empty, or its bytes are something else; the message is the reason.
    """
    suffix = PurePath(name).suffix.lower()
    if suffix not in FORMATS:
        raise UnusableInput("The format {kind} cannot be read.", kind=suffix or name)
    with path.open("rb") as file:
        head = file.read(HEAD)
    if not head.strip():
        raise UnusableInput("The file is empty.")
    expected, found = EXPECTED.get(suffix), kind_of(head)
    if expected is None:
        if found in (ZIP, OLE, PDF, RTF) or (suffix not in MIXED and _is_binary(head)):
            raise UnusableInput("The file is binary, not text.")
    elif found not in expected:
        raise UnusableInput("The content is not what the name says: this is no {kind} file.", kind=suffix)


def _is_binary(head: bytes) -> bool:
    """As `decode_text` sees it; in which encoding a text is, the reader of its format finds out."""
    if any(head.startswith(mark) for mark, _ in BOMS):
        return False
    return b"\0" in head or len(CONTROL.findall(head.decode("latin-1"))) > 0.01 * len(head)


def kind_of(head: bytes) -> str:
    """One of the kinds above, or an empty string for what may be text."""
    if head[257:262] == b"ustar":
        return TAR
    if head[:4] == b"RIFF":
        return PICTURE if head[8:12] == b"WEBP" else MEDIA
    if head[4:8] in (b"ftyp", b"moov", b"mdat", b"wide", b"free") or (len(head) > 1 and _is_frame(head)):
        return MEDIA
    found = next((kind for mark, kind in MARKS if head.startswith(mark)), "")
    return found or (PDF if b"%PDF-" in head[:1024] else "")


def _is_frame(head: bytes) -> bool:
    """A frame of MPEG audio or AAC: eleven bits that are set; a byte order mark of UTF-16 is none."""
    return head[0] == 0xFF and head[1] & 0xE0 == 0xE0 and head[:2] != b"\xff\xfe" and head[:3] != b"\xff\xd8\xff"
