"""`ondol`: the commands, and what a mistake looks like."""

from __future__ import annotations

import os
import sys

import typer

from ondol.cli import ask, demo, doctor, documents, library, models, search
from ondol.errors import OndolError

# Dependencies that would call home unless told not to.
QUIET = {
    "HF_HUB_DISABLE_TELEMETRY": "1",
    "HF_HUB_DISABLE_PROGRESS_BARS": "1",
    "LANGSMITH_TRACING": "false",
    "ORT_DISABLE_TELEMETRY": "1",
    "PIP_DISABLE_PIP_VERSION_CHECK": "1",
}

app = typer.Typer(
    help="Ask your own documents in English and Korean, on your own machine, with citations that are checked.",
    rich_markup_mode=None,
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110},
)
for group in (demo, models, documents, search, ask, library, doctor):
    group.register(app)


def main() -> None:
    """Run the command line; `OndolError` becomes a message and its exit code, a bug keeps its traceback."""
    for name, value in QUIET.items():
        os.environ.setdefault(name, value)
    try:
        app()
    except OndolError as error:
        print(error, file=sys.stderr)
        sys.exit(error.exit_code)
    except KeyboardInterrupt:
        sys.exit(130)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(141)


if __name__ == "__main__":
    main()
