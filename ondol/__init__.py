"""ondol: ask your own documents in English and Korean, on your own machine.

The public names, and where each lives; nothing is imported before it is used.
"""

from __future__ import annotations

from typing import Any

HOMES = {
    "Answer": "ondol.answer.answer",
    "Citation": "ondol.answer.answer",
    "OndolError": "ondol.errors",
    "Settings": "ondol.settings",
    "add_documents": "ondol.ingest.add",
    "ask": "ondol.answer.ask",
    "load_documents": "ondol.ingest.read",
    "load_prompt": "ondol.prompts.load",
    "make_agent": "ondol.agents.agent",
    "make_retriever": "ondol.retrieve.retriever",
    "open": "ondol.assemble",
    "open_embeddings": "ondol.assemble",
    "open_library": "ondol.assemble",
    "open_model": "ondol.assemble",
    "open_reader": "ondol.assemble_reading",
    "open_reranker": "ondol.assemble",
    "open_retriever": "ondol.assemble",
    "open_vector_store": "ondol.assemble",
    "run_chain": "ondol.assemble_chains",
    "run_evaluation": "ondol.evaluate.retrieval",
    "run_finetuning": "ondol.assemble_training",
}
EXTRAS = {"make_agent": "agents"}
"""Optional packages that a name needs."""
__all__ = sorted(HOMES)


def __getattr__(name: str) -> Any:
    if name not in HOMES:
        raise AttributeError(f"module 'ondol' has no attribute '{name}'")
    from ondol.registry import Entry, resolve

    home = HOMES[name].removeprefix("ondol.")
    return resolve("ondol", {name: Entry(f"{home}:{name}", extra=EXTRAS.get(name, ""))}, name, what="part")


def __dir__() -> list[str]:
    return __all__
