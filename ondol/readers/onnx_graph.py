"""The graph of a span model: encoder (see `bert.graph`), and two numbers for every token."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from onnx import helper

from ondol.bert.folder import Bert
from ondol.bert.graph import Graph, Weights, encode, save_graph
from ondol.readers.delta import Taught


def write_graph(weights_file: Path, bert: Bert, path: Path, *, weights_sha256: str, delta: Path | None = None) -> None:
    """Write `input_ids`, `token_type_ids` (1, S) int64 → `logits` (1, 2 S) float32, starts before ends."""
    graph, weights = Graph(), Taught(weights_file, delta) if delta else Weights(weights_file)
    types = ["token_type_ids"] if bert.types > 1 else []
    hidden = encode(graph, weights, bert, "input_ids", *types)
    [scores] = graph.node("MatMul", hidden, graph.constant("head", weights.bare("qa_outputs.weight").T))
    [scores] = graph.node("Add", scores, graph.constant("head.bias", weights.bare("qa_outputs.bias")))
    [columns] = graph.node("Transpose", scores, perm=[0, 2, 1])
    shape = graph.constant("flat", np.array([1, -1]))
    graph.nodes.append(helper.make_node("Reshape", [columns, shape], ["logits"]))
    properties = {"weights": weights_sha256}
    save_graph(graph, path, inputs=["input_ids", *types], output="logits", width="places", properties=properties)
