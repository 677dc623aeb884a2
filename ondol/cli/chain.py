"""`ondol chain`: one of our chains over files, or over the rows of tables."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from ondol.chains import CHAINS
from ondol.cli.options import Adapter, Collection, Context, Home, Json, Model, Option, model_options, settings_of
from ondol.cli.output import print_json, tell
from ondol.errors import UnusableInput, UsageError

if TYPE_CHECKING:
    from ondol.chains.inputs import Item
    from ondol.chains.results_file import ResultsFile
    from ondol.settings import Settings

NAMES = "; ".join(f"{name}: {entry.about}" for name, entry in CHAINS.items())
EXAMPLE = 'Example:  ondol chain summarise-qa-sentiment review.txt --question "What broke?"  ·  ondol chain sentiment '


def register(app: typer.Typer) -> None:
    app.command(epilog=f"{EXAMPLE}reviews.csv --column text --out results.jsonl")(chain)


def chain(
    name: str = typer.Argument(help=f"One of: {NAMES}."),
    files: list[Path] = typer.Argument(None, help="Documents; CSV, TSV, JSONL and Parquet are read row by row."),
    out: Path = typer.Option(None, "--out", help="JSONL for the results; the same call goes on with it."),
    column: str = typer.Option(None, "--column", help="Of a table, holds the text; default text."),
    schema: Path = typer.Option(None, "--schema", help="JSON schema of what is extracted."),
    labels: str = typer.Option(None, "--labels", help="To choose from, with commas between them."),
    question: str = typer.Option(None, "--question", help="About the text."),
    to: str = typer.Option(None, "--to", help="Language of a translation: en or ko; else the other one."),
    library: bool = typer.Option(False, "--library", help="Read the collection as one text, instead of files."),
    model: Model = None,
    as_json: Json = False,
    collection: Collection = None,
    home: Home = None,
    context: Context = None,
    adapter: Adapter = None,
    option: Option = None,
) -> None:
    """Summarise, translate, extract or classify texts.

    A row that fails is written with its reason, and the others go on.
    """
    settings = settings_of(model=model, collection=collection, home=home, context=context)
    given = {"labels": labels and labels.split(","), "schema": schema and read_schema(schema), "question": question,
             "to": to}  # fmt: skip
    run = Run(name, settings, {key: value for key, value in given.items() if value is not None})
    results = run.over(files or [], column, library=library, out=out, options=model_options(adapter, option))
    run.show(results, as_json=as_json)


class Run:
    """One call of the command."""

    def __init__(self, name: str, settings: Settings, options: dict[str, Any]) -> None:
        self.name, self.settings, self.options = name, settings, options
        self._stack = ExitStack()

    def over(
        self, files: list[Path], column: str | None, *, library: bool, out: Path | None, options: dict[str, Any]
    ) -> ResultsFile:
        from ondol.chains.inputs import digest_of_files
        from ondol.chains.over_items import run_over
        from ondol.chains.results_file import ResultsFile
        from ondol.chains.run import check_options, find_chain, open_chain, options_of
        from ondol.cli.bars import Bars

        if bool(files) == library:
            raise UsageError("Give files, or --library.", hint="One of both is read.")
        searched = ["retriever"] if "retriever" in options_of(find_chain(self.name)) else []
        check_options(self.name, [*self.options, *searched])
        bars = Bars()
        with self._stack:
            read = digest_of_files(files)
            items = list(self._items(files, column, library=library))
            live, prompts = self._parts(options, bars if len(items) == 1 else None)
            asked = {
                "chain": self.name, "model": self.settings.model, "adapter": options.get("adapter"), "files": read,
                "column": column, "options": self.options, "prompts": prompts, "library": library,
            }  # fmt: skip
            with ResultsFile(out, asked) as results:
                step = open_chain(self.name, **live)
                if results.done:
                    tell("{count} rows were done before.", count=len(results.done))
                run_over(
                    self.name, step, items, results, progress=bars if len(items) > 1 else None,
                    tell=bars.note if len(items) > 1 else None,
                )  # fmt: skip
        return results

    def show(self, results: ResultsFile, *, as_json: bool) -> None:
        """Raises UnusableInput when every row failed."""
        failed = [row for row in results.rows if "error" in row]
        if results.rows and len(failed) == len(results.rows) and not results.done:
            raise UnusableInput("{reason}", hint="All rows failed; this is the first.", reason=failed[0]["error"])
        counts = {"rows": len(results.rows), "failed": len(failed), "resumed": len(results.done)}
        if results.path:
            tell("Written: {path}", path=results.path)
        if as_json:
            told = {"out": str(results.path), **counts} if results.path else {**counts, "results": results.rows}
            print_json({"chain": self.name, "model": self.settings.model, **told})
        elif not results.path:
            _print_rows(results.rows)

    def _items(self, files: list[Path], column: str | None, *, library: bool) -> Iterator[Item]:
        from ondol.assemble import open_library
        from ondol.chains.inputs import read_items, read_library

        if library:
            with open_library(settings=self.settings) as opened:
                yield read_library(opened)
        for path in files:
            yield from read_items(path, column)

    def _parts(self, options: dict[str, Any], bars: Any) -> tuple[dict[str, Any], list[str]]:
        """What the chain takes, live, with the hashes of all prompts it might use."""
        from ondol.assemble_chains import open_parts
        from ondol.chains.run import find_chain, options_of
        from ondol.cli.bars import Bars
        from ondol.prompts.load import open_prompts

        known, found = options_of(find_chain(self.name)), open_prompts(self.settings.home)
        opened = open_parts(self._stack, self.name, self.settings, given=self.options, progress=Bars(), **options)
        live = {**self.options, **opened}
        live |= {key: value for key, value in (("prompts", found), ("progress", bars)) if key in known}
        rows = [row for row in found.rows() if "hash" in row]
        ours = {row["name"] for row in rows if row["origin"] == "ondol"}
        return live, sorted(row["hash"][:12] for row in rows if row["name"] in ours)


def read_schema(path: Path) -> Any:
    try:
        return json.loads(path.read_text(encoding="utf-8-sig"))
    except (OSError, ValueError) as error:
        raise UnusableInput(
            "{path} is no JSON schema: {reason}", hint="Give a file with one JSON object.", path=path,
            reason=getattr(error, "strerror", "") or error,
        ) from error  # fmt: skip


def _print_rows(rows: list[dict[str, Any]]) -> None:
    """Failed ones were told when they failed."""
    for row in rows:
        if "error" in row:
            continue
        if len(rows) > 1:
            print(f"[{' · '.join(str(row[key]) for key in ('source', 'row', 'id') if key in row)}]")
        print(_shown(row["result"]))


def _shown(result: Any) -> str:
    """A text as it is, a label with its share, the parts of an object line by line."""
    if not isinstance(result, dict):
        return result if isinstance(result, str) else json.dumps(result, ensure_ascii=False)
    if {"label", "score"} <= set(result):
        return str(result["label"]) + (f" ({result['score']:.2f})" if result["score"] is not None else "")
    if {"answer", "citations"} <= set(result):
        return str(result["answer"])
    return "\n".join(f"{name}: {_shown(part)}" for name, part in result.items())
