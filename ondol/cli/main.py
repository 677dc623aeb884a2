"""`ondol`: the commands, and what a mistake looks like."""

from __future__ import annotations

import errno
import importlib.metadata
import io
import os
import sys
import warnings
from typing import Any, NoReturn

import typer

from ondol.cli import (
    adapters,
    add,
    agent,
    ask,
    chain,
    chat,
    collections,
    demo,
    doctor,
    documents,
    evaluate,
    feedback,
    finetune,
    generate,
    library,
    mcp,
    memory,
    models,
    models_bench,
    models_convert,
    models_fit,
    prompts,
    search,
    serve,
    threads,
)
from ondol.cli.output import tell
from ondol.errors import BackendError, OndolError

# Dependencies that would call home unless told not to.
QUIET = {
    "HF_HUB_DISABLE_TELEMETRY": "1",
    "HF_HUB_DISABLE_PROGRESS_BARS": "1",
    "LANGSMITH_TRACING": "false",
    "ORT_DISABLE_TELEMETRY": "1",
    "PIP_DISABLE_PIP_VERSION_CHECK": "1",
}

_shown_elsewhere = warnings.showwarning

app = typer.Typer(
    rich_markup_mode=None,
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110},
)
for group in (
    demo,
    models,
    models_fit,
    models_bench,
    models_convert,
    add,
    documents,
    search,
    ask,
    chat,
    threads,
    memory,
    agent,
    chain,
    prompts,
    generate,
    library,
    collections,
    finetune,
    adapters,
    evaluate,
    feedback,
    serve,
    mcp,
    doctor,
):
    group.register(app)


def _show_version(asked: bool) -> None:
    if asked:
        print(importlib.metadata.version("ondol"))
        raise typer.Exit


@app.callback()
def ondol(
    version: bool = typer.Option(False, "--version", is_eager=True, callback=_show_version, help="Print the version."),
) -> None:
    """Ask your own documents in English and Korean, on your own machine, with citations that are checked."""


def main() -> None:
    """Run the command line; `OndolError` becomes a message and its exit code, a bug keeps its traceback."""
    for name, value in QUIET.items():
        os.environ.setdefault(name, value)
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(
            errors="replace"
        )  # a terminal without Hangul shows question marks instead of a traceback
    try:
        warnings.showwarning = _show_warning
        app()  # exit code 130 after Ctrl-C, and 1 after a closed pipe, are typer's
    except SystemExit as left:
        # typer made the exit of a KeyboardInterrupt; a command that says more about it raises typer.Exit itself
        if isinstance(getattr(left.__context__, "__cause__", None), KeyboardInterrupt):
            tell("(stopped)")
        raise
    except OndolError as error:
        fail(error)
    except OSError as error:
        if error.errno not in (errno.ENOSPC, errno.EDQUOT):
            raise
        fail(BackendError("The disk is full.", hint="Make room, or name another folder with --home."))


def _show_warning(message: Warning | str, category: type[Warning], *place: Any, **more: Any) -> None:
    """One of ours as a line for people; any other as Python shows it."""
    if category.__name__ == "TemplateMismatch":  # by name: the class would import what `--help` does not need
        print(message, file=sys.stderr)
    else:
        _shown_elsewhere(message, category, *place, **more)


def fail(error: OndolError) -> NoReturn:
    print(error, file=sys.stderr)
    sys.exit(error.exit_code)


if __name__ == "__main__":
    main()
