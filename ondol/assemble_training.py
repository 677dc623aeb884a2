"""Settings → what teaching needs: bases, adapters and runs by name."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ondol.assemble import open_library, open_model, open_model_store
from ondol.errors import UsageError
from ondol.models import ADAPTER_FINDERS
from ondol.progress import Progress, Silent
from ondol.registry import resolve, split_spec
from ondol.settings import Settings, load_settings

if TYPE_CHECKING:
    from ondol.finetune.config import FinetuneConfig


def run_finetuning(
    config: FinetuneConfig, *, settings: Settings | None = None, progress: Progress | None = None
) -> dict[str, Any]:
    """Teach a model; the run's folder lies in `home/adapters`, and `adapter=NAME` opens a model with it.

    Returns:
        What the folder's `run.json` says, with its `path`.

    Raises:
        UsageError, NotFound, UnusableInput: what cannot be taught, before anything is changed.
        BackendError: memory or disk ran out; the same call goes on where it was saved.
    """
    from ondol.finetune import RUNS
    from ondol.finetune.start import begun

    settings = settings or load_settings()
    run = resolve("ondol.finetune", RUNS, config.kind, what="kind of model to train")
    more = {"passages": read_chunks(settings, config.negatives)} if config.negatives else {}
    with begun(config, settings.home) as folder:
        about = run(config, store=open_model_store(settings), folder=folder, progress=progress or Silent(), **more)
        return {**about, "path": str(folder)}


def read_chunks(settings: Settings, collection: str) -> list[str]:
    """The text of every chunk of a collection; raises NotFound where there is none of that name."""
    with open_library(settings=replace(settings, collection=collection)) as library:
        shown = (library.show(row["document_id"]) for row in library.source_rows())
        return [source["text"][chunk["start"] : chunk["end"]] for source in shown for chunk in source["chunks"]]


def find_adapter_folder(source: str, *, settings: Settings) -> Path:
    """A PEFT folder by path, or fetched from the hub by id."""
    path = Path(source).expanduser()
    if path.exists():
        return path
    find = resolve("ondol.models", ADAPTER_FINDERS, "hf", what="model runtime")
    found: Path = find(source, store=open_model_store(settings))
    return found


def export_finetuned(
    name: str, target: Path, *, settings: Settings | None = None, whole: bool = False, dtype: str = "f16",
    ollama: bool = False,
) -> dict[str, Any]:  # fmt: skip
    """Write the adapter of a run for another program, and ask both the same.

    Returns:
        `path`, `modelfile` (empty without `ollama`) and `parity`.
    """
    from ondol.finetune.export import export_adapter, write_modelfile
    from ondol.finetune.folder import find_run, read_about
    from ondol.finetune.parity import check_parity

    settings = settings or load_settings()
    folder = find_run(settings.home, name)
    about = read_about(folder)
    export_adapter(folder, target, store=open_model_store(settings), whole=whole, dtype=dtype)
    whole = whole or about["method"] == "full"
    base = split_spec(about["base"], what="base", example="llama.cpp:gemma-3-270m")[1]
    spec = f"{'llama.cpp' if target.suffix == '.gguf' else 'hf'}:{target if whole else base}"
    more = {} if whole else {"adapter": str(target)}
    with (
        open_model(f"hf:{base}", settings=settings, adapter=name) as original,  # type: ignore[attr-defined]
        open_model(spec, settings=settings, **more) as exported,  # type: ignore[attr-defined]
    ):
        parity = check_parity(original, exported, about.get("asked", []))
    modelfile = target.with_name("Modelfile") if ollama else None
    if modelfile:
        model = f"./{target.name}" if whole else base
        write_modelfile(modelfile, model=model, adapter="" if whole else f"./{target.name}", template=about["template"])
    return {"path": str(target), "modelfile": str(modelfile or ""), "parity": parity.to_json()}


def plan_finetuning(
    config: FinetuneConfig, *, settings: Settings | None = None, memory_gb: float = 0
) -> dict[str, Any]:
    """Memory and time of a run: from a step that is tried where the base is here and could fit, else from its shape.

    Args:
        memory_gb: reckon for another machine with so much memory; nothing is tried then.
    """
    from ondol.finetune.planning import plan_run

    settings = settings or load_settings()
    return plan_run(config, store=open_model_store(settings), home=settings.home, memory_gb=memory_gb)


CONTRACT = ("name", "path", "method", "trainable", "tokens", "tokens_per_second", "peak_mb", "train_nll", "valid_nll")


def with_contract(about: Mapping[str, Any]) -> dict[str, Any]:
    """What a program is promised of a run first, then all that is known, and how much the held-out part changed."""
    from ondol.evaluate.likelihood import compare_held_out

    change = compare_held_out(Path(about["path"]))
    promised = {key: about.get(key) for key in (*CONTRACT, "seconds")}
    return {**promised, **about, "held_out_change": change.to_json() if change else None}


def lint_finetuning(config: FinetuneConfig, *, settings: Settings | None = None) -> dict[str, Any]:
    """What is wrong with the data of a run, as `ondol finetune --lint --json` prints it.

    Where a base is named (not "–"), the first examples are cut into its tokens: `pictures`, and `ends`.
    """
    from ondol.finetune.data import SHOWN, DataSource, load_examples, load_source, split_examples
    from ondol.finetune.files import read_columns
    from ondol.finetune.lint import lint_examples

    tokenizer = _open_pictured(config, settings or load_settings()) if config.base != "–" else None
    if {"input_ids", "labels"} <= read_columns(config.data[0].path):
        return _lint_tokenised(config, tokenizer)
    examples, loaded = load_examples(config.data, system=config.system, seed=config.seed)
    if config.valid:  # a leak between the two is told, so it is not dropped here
        train, valid = examples, load_source(DataSource(path=config.valid), system=config.system).examples
    else:
        split = split_examples(examples, share=config.valid_share, seed=config.seed)
        train, valid = split.train, split.valid
    findings = lint_examples(
        train, valid, problems=[problem for part in loaded for problem in part.problems],
        max_tokens=config.max_tokens, valid_given=config.valid is not None,
        count_tokens=tokenizer.count if tokenizer else None,
    )  # fmt: skip
    found: dict[str, Any] = {
        "examples": len(train), "held_out": len(valid), "mapping": [part.mapping.told() for part in loaded],
        "findings": [finding.to_json() for finding in findings],
    }  # fmt: skip
    if tokenizer:
        encoded = tokenizer.encode([*train, *valid][:SHOWN], max_tokens=config.max_tokens)
        rows = [{"ids": row.ids, "labels": row.labels, "pieces": list(pieces)} for row, pieces in encoded]
        found |= {"pictures": rows, "ends": sorted(tokenizer.ends)}
    return found


def _open_pictured(config: FinetuneConfig, settings: Settings) -> Any:
    from ondol.finetune import PICTURES

    opened = resolve("ondol.finetune", PICTURES, "chat", what="kind of model to train")
    return opened(config, store=open_model_store(settings))


def _lint_tokenised(config: FinetuneConfig, tokenizer: Any) -> dict[str, Any]:
    from ondol.finetune.files import read_rows
    from ondol.finetune.lint_labels import lint_labelled

    if tokenizer is None:
        raise UsageError(
            "A tokenised set is read with its base's tokenizer, which knows the end of an answer.",
            hint="Name it: --base hf:FOLDER",
        )
    rows = [row for source in config.data for _, row in read_rows(source.path).rows]
    findings = lint_labelled(rows, pad=tokenizer.pad, ends=tokenizer.ends)
    return {"findings": [finding.to_json() for finding in findings]}
