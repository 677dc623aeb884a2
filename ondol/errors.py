"""What can go wrong, and the exit code each kind of mistake has.

OndolError                      caught by the command line and the server; a bug keeps its traceback
├── UsageError          exit 2  the call itself cannot be right
│   ├── OtherFingerprint        the index belongs to another embedding model
│   └── OtherAnalyser           the word index was made by another analysis
├── MissingExtra        exit 3  a package of an optional group is not installed
├── NotFound            exit 4  a name or source that nobody knows
├── UnusableInput       exit 5  nothing in the input could be used
└── BackendError        exit 6  a runtime, file or network failed underneath
    ├── Damaged                 bytes are not what their checksum says
    └── Offline                 the network would be needed and is switched off
"""

from __future__ import annotations

from typing import Any, ClassVar

from ondol.lang import translate


class OndolError(Exception):
    """A mistake told to a person: what happened, and in `hint` what to do next.

    `message` and `hint` are English templates; `values` fill them, and `ko.toml` translates them.
    """

    exit_code: ClassVar[int] = 6

    def __init__(self, message: str, *, hint: str = "", **values: Any) -> None:
        self.template, self.hint_template = message, hint
        self.values = values
        self.message = translate(message, **values)
        self.hint = translate(hint, **values) if hint else ""
        super().__init__(self.message)

    def __str__(self) -> str:
        return f"{self.message}\n  → {self.hint}" if self.hint else self.message


class UsageError(OndolError):
    exit_code = 2


class OtherFingerprint(UsageError):
    pass


class OtherAnalyser(UsageError):
    pass


class MissingExtra(OndolError):
    exit_code = 3


class NotFound(OndolError):
    exit_code = 4


class UnusableInput(OndolError):
    exit_code = 5


class BackendError(OndolError):
    exit_code = 6


class Damaged(BackendError):
    pass


class Offline(BackendError):
    pass
