"""The graph of a cross-encoder: encoder (see `bert.graph`), first token, dense, tanh, score."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from onnx import helper

from ondol.bert.folder import Bert
from ondol.bert.graph import Graph, Weights, encode, save_graph


def write_graph(weights_file: Path, bert: Bert, head: tuple[str, str], path: Path, *, weights_sha256: str) -> None:
    """Write `input_ids`, `token_type_ids` (1, S) int64 → `score` (1, 1) float32 to `path`.

    Of two labels the score is the second's logit minus the first's, which orders as the second's probability does.
    The head is one row and stays fp32.
    """
    graph, weights = Graph(), Weights(weights_file)
    types = ["token_type_ids"] if bert.types > 1 else []
    hidden = encode(graph, weights, bert, "input_ids", *types)
    [first] = graph.node("Gather", hidden, graph.constant("first", np.array(0)), axis=1)
    dense, last = head
    [wide] = graph.node("Gemm", first, *_linear(graph, weights, dense), transB=1)
    [wide] = graph.node("Tanh", wide)
    ends = _linear(graph, weights, last, score=True)
    graph.nodes.append(helper.make_node("Gemm", [wide, *ends], ["score"], transB=1))
    properties = {"weights": weights_sha256}
    save_graph(graph, path, inputs=["input_ids", *types], output="score", width=1, properties=properties)


def _linear(graph: Graph, weights: Weights, name: str, *, score: bool = False) -> list[str]:
    matrix, bias = weights.bare(f"{name}.weight"), weights.bare(f"{name}.bias")
    if score and len(matrix) == 2:
        matrix, bias = matrix[1:] - matrix[:1], bias[1:] - bias[:1]
    return [graph.constant(f"{name}.weight", matrix), graph.constant(f"{name}.bias", bias)]
