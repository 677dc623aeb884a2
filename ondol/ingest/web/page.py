"""What a server sent: a document whose format is known, in letters that a reader knows."""

from __future__ import annotations

import re
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from pathlib import PurePosixPath
from urllib.parse import unquote_to_bytes

from ondol.errors import UnusableInput
from ondol.ingest.formats import FORMATS
from ondol.ingest.formats.encoding import BOMS, KOREAN
from ondol.ingest.web.request import Response
from ondol.lang import nfc

OFFICE = "application/vnd.openxmlformats-officedocument"
OPEN = "application/vnd.oasis.opendocument"
TYPES = {
    "text/html": ".html", "application/xhtml+xml": ".html", "application/pdf": ".pdf", "application/x-pdf": ".pdf",
    f"{OFFICE}.wordprocessingml.document": ".docx", f"{OFFICE}.presentationml.presentation": ".pptx",
    f"{OFFICE}.spreadsheetml.sheet": ".xlsx", "application/vnd.ms-excel": ".xls", "application/msword": ".doc",
    "application/vnd.ms-powerpoint": ".ppt", f"{OPEN}.text": ".odt", f"{OPEN}.presentation": ".odp",
    f"{OPEN}.spreadsheet": ".ods", "application/epub+zip": ".epub", "application/rtf": ".rtf", "text/rtf": ".rtf",
    "application/x-hwp": ".hwp", "application/haansofthwp": ".hwp", "application/vnd.hancom.hwp": ".hwp",
    "application/hwp": ".hwp", "application/hwp+zip": ".hwpx", "application/haansofthwpx": ".hwpx",
    "application/vnd.hancom.hwpx": ".hwpx", "text/markdown": ".md", "text/csv": ".csv", "application/csv": ".csv",
    "text/tab-separated-values": ".tsv", "application/json": ".json", "application/x-ndjson": ".jsonl",
    "application/xml": ".xml", "text/xml": ".xml", "message/rfc822": ".eml", "application/zip": ".zip",
    "image/png": ".png", "image/jpeg": ".jpg", "image/tiff": ".tiff", "image/webp": ".webp", "text/vtt": ".vtt",
    "audio/mpeg": ".mp3", "audio/wav": ".wav", "audio/x-wav": ".wav", "audio/mp4": ".m4a", "audio/flac": ".flac",
    "audio/ogg": ".ogg",
}  # fmt: skip
UNSAID = {"", "text/plain", "application/octet-stream", "binary/octet-stream", "application/download",
          "application/x-download", "application/force-download", "application/x-msdownload", "application/unknown",
          "application/zip", "application/xml", "text/xml"}  # fmt: skip
"""Types that say little; the name of the file counts before them. Public offices send their .hwp files like this."""
LATIN = {"iso-8859-1", "iso8859-1", "latin1", "latin-1", "windows-1252", "cp1252", "us-ascii", "ascii"}
"""What servers say of every page when nobody set them up."""
TEXTS = {".html", ".htm", ".txt", ".text", ".md", ".markdown", ".csv", ".tsv"}
PARAMETER = re.compile(r"""(?:^|;)\s*([\w*-]+)\s*=\s*("(?:[^"\\]|\\.)*"|[^;]*)""")
META = re.compile(rb"""<meta[^>]{0,200}?charset\s*=\s*["']?\s*([\w.:-]+)""", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Fetched:
    """A page, ready for the reader of its format."""

    url: str
    """Where it was at last, without fragment, readable: Korean letters, NFC."""
    address: str
    """The same in ASCII, as it was sent."""
    name: str
    """Of the file, without extension; the title of last resort."""
    suffix: str
    """Extension in `FORMATS`, lower case with the dot."""
    media_type: str
    """As the server says, without parameters; may be empty."""
    data: bytes
    """UTF-8 with its mark where the server named another encoding."""
    etag: str
    last_modified: str
    """As the server says it."""
    day: str
    """Of `last_modified`, ISO; empty when it does not tell one."""


def find_suffix(response: Response) -> str:
    """The extension of the format; empty when only the bytes can tell.

    Raises:
        UnusableInput: no reader for it.
    """
    media = response.media_type
    named = PurePosixPath(_file_name(response)).suffix.lower()
    suffix = TYPES.get(media, "")
    if media in UNSAID:
        suffix = named if named in FORMATS else suffix or {"text/plain": ".txt"}.get(media, "")
        if not suffix and not named:
            return ""
    if suffix not in FORMATS:
        raise UnusableInput("The format {kind} cannot be read.", kind=media or named)
    return suffix


def make_page(response: Response, data: bytes, suffix: str) -> Fetched:
    """Put the page together; where `suffix` is empty, its first bytes tell the format."""
    media = response.media_type
    charset = _parameters(response.headers.get("content-type", "")).get("charset", "").lower()
    suffix = suffix or _sniffed(data, media)
    changed = response.headers.get("last-modified", "")
    return Fetched(
        url=response.address.shown, address=response.address.text,
        name=PurePosixPath(_file_name(response)).stem or response.address.host, suffix=suffix, media_type=media,
        data=_in_utf8(data, charset) if suffix in TEXTS else data, etag=response.headers.get("etag", ""),
        last_modified=changed, day=_day(changed),
    )  # fmt: skip


def _sniffed(data: bytes, media: str) -> str:
    head = data[:1024].lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if head.startswith(b"%pdf-"):
        return ".pdf"
    if head.startswith((b"<!doctype html", b"<html")):
        return ".html"
    raise UnusableInput("The server does not tell the format of this page ({media}).", media=media or "-")


def _file_name(response: Response) -> str:
    """As the server names the file for storing it, else the end of its address; NFC, without folders."""
    given = _parameters(response.headers.get("content-disposition", ""))
    if extended := given.get("filename*", ""):
        charset, _, value = extended.partition("'")
        name = _decoded(unquote_to_bytes(value.partition("'")[2]), charset or "utf-8")
    elif plain := given.get("filename", ""):
        name = _decoded(unquote_to_bytes(plain.encode("latin-1")), "utf-8")
    else:
        name = _decoded(unquote_to_bytes(response.address.path.rpartition("/")[2]), "utf-8")
    name = "".join(char for char in name if char.isprintable())
    return nfc(name.replace("\\", "/").rpartition("/")[2])


def _parameters(header: str) -> dict[str, str]:
    rows = ((name.lower(), value.strip().strip('"')) for name, value in PARAMETER.findall(header))
    return {name: value.replace('\\"', '"') for name, value in rows}


def _decoded(data: bytes, charset: str) -> str:
    for name in (charset, "utf-8", "cp949"):
        try:
            return data.decode(name)
        except (UnicodeDecodeError, LookupError):
            continue
    return data.decode("utf-8", "replace")


def _in_utf8(data: bytes, charset: str) -> bytes:
    """With its mark, so that nothing in the page speaks against the server; unchanged where the server errs.

    A Latin-1 that the server says of everything does not count against the page's own word, nor against UTF-8.
    """
    if not charset or any(data.startswith(mark) for mark, _ in BOMS):
        return data
    if charset in LATIN:
        if META.search(data[:4096]) or _is_utf8(data):
            return data
        charset = "cp1252"
    try:
        return data.decode("cp949" if charset in KOREAN else charset).encode("utf-8-sig")
    except (UnicodeError, LookupError):
        return data  # the reader tells by the page itself, and refuses what cannot be told


def _is_utf8(data: bytes) -> bool:
    try:
        data.decode()
    except UnicodeDecodeError:
        return False
    return True


def _day(changed: str) -> str:
    try:
        return parsedate_to_datetime(changed).date().isoformat()
    except (ValueError, TypeError, IndexError, OverflowError):
        return ""
