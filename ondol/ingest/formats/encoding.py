"""Bytes to text without guessing: what is not certain is refused, for wrong letters are worse than none."""

from __future__ import annotations

import codecs
import re

from ondol.errors import UnusableInput

BOMS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),  # before UTF-16: its mark begins with the other's
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
KOREAN = {"euc-kr", "euc_kr", "ks_c_5601-1987", "ksc5601", "ks_c_5601", "ms949", "windows-949", "uhc", "cp949"}
CONTROL = re.compile(r"[\x01-\x08\x0e-\x1a\x1c-\x1f]")


def decode_text(data: bytes, *, declared: str = "") -> str:
    """Decode by byte order mark, else UTF-8, else the `declared` encoding, else CP949.

    Raises:
        UnusableInput: empty, binary, or in an encoding that cannot be told.
    """
    if not data.strip():
        raise UnusableInput("The file is empty.")
    for mark, name in BOMS:
        if data.startswith(mark):
            return _checked(_decode(data, name))
    if b"\0" in data:
        raise _binary()
    declared = "cp949" if declared.lower() in KOREAN else declared
    for name in filter(None, ("utf-8", declared)):
        try:
            return _checked(data.decode(name))
        except (UnicodeDecodeError, LookupError):
            continue
    return _checked(_decode_korean(data))


def encoding_of(head: bytes) -> str:
    """The encoding of a text whose beginning this is, for `open`; which may end inside a character.

    Raises:
        UnusableInput: empty, binary, or in an encoding that cannot be told.
    """
    for mark, name in BOMS:
        if head.startswith(mark):
            return name
    if b"\0" in head:
        raise _binary()
    try:
        text = codecs.getincrementaldecoder("utf-8")().decode(head)
    except UnicodeDecodeError:
        _checked(_decode_korean(head[: head.rfind(b"\n") + 1] or head))
        return "cp949"
    _checked(text)
    return "utf-8"


def _decode(data: bytes, name: str) -> str:
    try:
        return data.decode(name)
    except UnicodeDecodeError as error:
        raise _binary() from error


def _decode_korean(data: bytes) -> str:
    """CP949, where the outcome looks like Korean.

    Western and Chinese bytes decode too, into rare syllables (outside KS X 1001) or into hanja.
    """
    try:
        text = data.decode("cp949")
    except UnicodeDecodeError as error:
        raise _unknown() from error
    letters = [char for char in text if char > "\x7f" and char.isalpha()]
    hangul = [char for char in letters if "가" <= char <= "힣"]
    common = sum(1 for char in hangul if _in_ksx1001(char))
    if len(hangul) < 0.8 * len(letters) or common < 0.95 * len(hangul):
        raise _unknown()
    return text


def _in_ksx1001(char: str) -> bool:
    try:
        return len(char.encode("euc-kr")) == 2
    except UnicodeEncodeError:
        return False


def _checked(text: str) -> str:
    if len(CONTROL.findall(text)) > 0.01 * len(text):
        raise _binary()
    if not text.strip():
        raise UnusableInput("The file is empty.")
    return text


def _binary() -> UnusableInput:
    return UnusableInput("The file is binary, not text.")


def _unknown() -> UnusableInput:
    return UnusableInput("The encoding of the text cannot be told: it is not UTF-8, UTF-16 or CP949.")
