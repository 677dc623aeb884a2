"""txtai as its documentation begins: `Embeddings(path=…)`, then `index` and `search`; `hybrid=True` for both.

Prefixes by `instructions`. Its default model is all-MiniLM-L6-v2, read to 512 tokens (sentence-transformers: 256).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from protocol import FETCH, System, serve, whole
from txtai import Embeddings
from txtai.vectors import HFVectors
from vectors import SharedVectors


class Txtai(System):
    packages = ("txtai",)

    def __init__(self, model: Path, prefixes: dict[str, str]) -> None:
        self._models: dict[str, Any] = {}  # one copy of the weights for both indexes
        self._config: dict[str, Any] = {"path": str(model), "gpu": False}
        if prefixes:
            self._config["instructions"] = {"query": prefixes["query"], "data": prefixes["passage"]}
        self._name = model.name
        self.empty()
        self._dense.batchtransform(["warm"])

    def empty(self) -> None:
        self._dense = Embeddings(dict(self._config), models=self._models)
        self._hybrid = Embeddings({**self._config, "hybrid": True}, models=self._models)

    def share(self, path: Path) -> Callable[[], None]:
        own, shared = HFVectors.encode, SharedVectors(path, self._name)

        def encode(vectors: HFVectors, data: list[str], category: str | None = None) -> Any:
            if category != "data":
                return own(vectors, data, category)
            tokenizer, length = vectors.model.tokenizer, vectors.model.maxlength
            return shared.encode(
                data,
                lambda texts: tokenizer(texts, truncation=True, max_length=length)["input_ids"],
                lambda missing: own(vectors, missing, category),
            )

        HFVectors.encode = encode
        return lambda: setattr(HFVectors, "encode", own)

    def add(self, passages: list[dict[str, str]], path: Path) -> None:  # noqa: ARG002
        self._dense.index((row["id"], whole(row)) for row in passages)

    def add_lexical(self, passages: list[dict[str, str]]) -> None:
        self._hybrid.index((row["id"], whole(row)) for row in passages)

    def search(self, query: str, mode: str) -> Iterable[str]:
        index = self._hybrid if mode == "hybrid" else self._dense
        return (name for name, _ in index.search(query, FETCH))


if __name__ == "__main__":
    serve(Txtai)
