"""The graph of an embedder: encoder (see `bert.graph`), pooling, length 1."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from onnx import helper

from ondol.bert.graph import Graph, Weights, encode, save_graph
from ondol.embeddings.bert_folder import BertFolder


def write_graph(folder: BertFolder, path: Path, *, weights_sha256: str) -> None:
    """Write the graph `ids` (1, S) int64 → `vector` (1, H) float32 of length 1 to `path`."""
    graph, weights = Graph(), Weights(folder.weights)
    hidden = encode(graph, weights, folder.bert, "ids")
    _pool(graph, folder, hidden)
    save_graph(
        graph, path, inputs=["ids"], output="vector", width=folder.bert.hidden, properties={"weights": weights_sha256}
    )


def _pool(graph: Graph, folder: BertFolder, hidden: str) -> None:
    """(1, S, H) → `vector` (1, H)."""
    if folder.pooling == "mean":
        [pooled] = graph.node("ReduceMean", hidden, graph.constant("one", np.array([1])), keepdims=0)
    else:
        [pooled] = graph.node("Gather", hidden, graph.constant("first", np.array(0)), axis=1)
    graph.nodes.append(helper.make_node("LpNormalization", [pooled], ["vector"], axis=-1, p=2))
