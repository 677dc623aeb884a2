"""Words of one's own: names and terms of a trade that no dictionary has, and that the search keeps whole."""

from __future__ import annotations

from pathlib import Path

from ondol.errors import UsageError
from ondol.lang import nfc

FILE = "words.txt"


def load_words(dictionary: str, home: Path) -> list[str]:
    """One word a line; what stands after `#` is a remark.

    Args:
        dictionary: path of the file; empty takes `words.txt` in `home` when it is there.

    Raises:
        UsageError: the file cannot be read, or is no UTF-8 text.
    """
    path = Path(dictionary).expanduser() if dictionary else home / FILE
    if not dictionary and not path.is_file():
        return []
    try:
        lines = nfc(path.read_text(encoding="utf-8-sig")).splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(
            "The dictionary {path} cannot be read: {reason}.",
            hint="It is a UTF-8 text with one word a line; ondol.toml or ONDOL_DICTIONARY names it.",
            path=path,
            reason=getattr(error, "strerror", None) or error,
        ) from error
    words = (line.partition("#")[0].strip() for line in lines)
    return [word for word in words if word]
