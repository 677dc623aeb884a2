"""Documents that are zip files of XML: opened with an eye on traps."""

from __future__ import annotations

import io
import struct
import zipfile
import zlib
from itertools import pairwise
from typing import Any

from lxml import etree

from ondol.errors import UnusableInput

LARGEST = 1 << 30
"""Bytes of all members unpacked; a small file that unpacks to more is a trap, not a document."""
LARGEST_PART = 256 << 20
DENSEST = 500
"""Unpacked bytes for each packed one, from `FREE` on: real members reach 50, a sheet of nothing but empty cells 300,
traps 1,000."""
FREE = 32 << 20
HEADER = 30
"""Bytes before the name of a member, at least."""
BROKEN_PACKAGE = (
    zipfile.BadZipFile, zlib.error, struct.error, KeyError, ValueError, AttributeError, IndexError, TypeError, OSError,
    SyntaxError, EOFError, NotImplementedError, RuntimeError,
)  # fmt: skip
"""What libraries raise over a damaged package."""
OLE = b"\xd0\xcf\x11\xe0"
"""How a container of Office begins, which is also what holds an encrypted document."""


class ZippedDocument:
    """The members of a zip document, read one by one."""

    def __init__(self, data: bytes, *, kind: str) -> None:
        """Open it.

        Args:
            kind: extension with its dot, for messages.

        Raises:
            UnusableInput: it is encrypted, damaged, or a trap.
        """
        self._kind = kind
        if data.startswith(OLE):
            raise UnusableInput(
                "The document is protected by a password, or in an older format than {kind}.", kind=kind
            )
        try:
            self._zip = zipfile.ZipFile(io.BytesIO(data))
        except BROKEN_PACKAGE as error:
            raise self.damaged() from error
        self.names = [item.filename for item in self._zip.infolist()]
        self._check_size()

    def _check_size(self) -> None:
        """Whether the members are as large as they say they may be, and share no bytes."""
        members = sorted(self._zip.infolist(), key=lambda item: item.header_offset)
        if sum(item.file_size for item in members) > LARGEST:
            raise UnusableInput("The document unpacks to more than {limit} MB.", limit=LARGEST >> 20)
        for item in members:
            if item.file_size > FREE and item.file_size > DENSEST * item.compress_size:
                raise UnusableInput(
                    "The document unpacks to {times} times its size: it is a trap.",
                    times=item.file_size // max(1, item.compress_size),
                )
        if any(
            one.header_offset + HEADER + one.compress_size > next_.header_offset for one, next_ in pairwise(members)
        ):
            raise self.damaged()

    def read(self, name: str) -> bytes:
        """The bytes of a member.

        Raises:
            UnusableInput: it is not there, encrypted or damaged.
        """
        try:
            with self._zip.open(name) as member:
                data = member.read(LARGEST_PART + 1)
        except (KeyError, zipfile.BadZipFile, zlib.error, NotImplementedError, OSError, EOFError, ValueError) as error:
            raise self.damaged() from error
        except RuntimeError as error:
            raise UnusableInput("The document is protected by a password.") from error
        if len(data) > LARGEST_PART:
            raise UnusableInput("The document unpacks to more than {limit} MB.", limit=LARGEST_PART >> 20)
        return data

    def xml(self, name: str) -> Any:
        """The root element of a member; raises as `read`."""
        return parse_xml(self.read(name), kind=self._kind)

    def find_xml(self, name: str) -> Any | None:
        """As `xml`; None when there is no such member, or it cannot be read: what is told there is not needed."""
        try:
            return self.xml(name) if name in self.names else None
        except UnusableInput:
            return None

    def damaged(self) -> UnusableInput:
        return UnusableInput("The document is damaged or not a {kind} file.", kind=self._kind)


def parse_xml(data: bytes, *, kind: str) -> Any:
    """The root element; entities are not resolved.

    Raises:
        UnusableInput: it is no XML, or nested deeper than documents are.
    """
    parser = etree.XMLParser(resolve_entities=False, no_network=True, huge_tree=False, remove_comments=True)
    try:
        root = etree.fromstring(data, parser)
    except (etree.XMLSyntaxError, ValueError) as error:
        raise UnusableInput("The document is damaged or not a {kind} file.", kind=kind) from error
    if root is None:
        raise UnusableInput("The document is damaged or not a {kind} file.", kind=kind)
    return root


def local(element: Any) -> str:
    """The tag without its namespace; empty for what is no element."""
    tag = element.tag
    return tag.rpartition("}")[2] if isinstance(tag, str) else ""


def find_text(root: Any | None, name: str) -> str:
    """The text of the first element with this local name; empty when there is none."""
    if root is None:
        return ""
    return next(("".join(found.itertext()).strip() for found in root.iter(f"{{*}}{name}")), "")


def attribute(element: Any, name: str) -> str:
    """An attribute by its local name; empty when there is none."""
    return next((value for key, value in element.attrib.items() if key.rpartition("}")[2] == name), "")
