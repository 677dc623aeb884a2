"""The trained network as a folder that `onnx:` opens: tokenizer, config and an int8 graph."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import torch
from network import NAMES, SPLIT, Lower, Network
from onnx import helper
from pairs import PASSAGE
from safetensors.torch import save_file
from sets import Set
from tokenizers import Tokenizer, processors

from ondol.bert.folder import Bert, read_bert
from ondol.bert.graph import Graph, Weights, encode, run_layers, save_graph
from ondol.model_store.manifest import sha256_of

LONGEST = PASSAGE + 24
"""Tokens of a pair: the passage as it was trained and a question of usual length."""
END = np.iinfo(np.int64).max


def write_folder(network: Network, e5: Path, out: Path, *, blend: float, top: int, sets: list[Set]) -> None:
    """Fill `out`; `split.json` says which questions were held out, and what the validation part chose."""
    bert, reason = read_bert(e5)
    assert bert is not None, reason
    merged = out / "work" / "merged.safetensors"
    save_file(merge(network, Lower(e5).tensors), merged)
    (out / "onnx").mkdir(exist_ok=True)
    write_graph(network, merged, bert, out / "onnx" / "model-int8.onnx")
    write_tokenizer(e5 / "tokenizer.json", out / "tokenizer.json")
    config = {**json.loads((e5 / "config.json").read_text(encoding="utf-8")), "architectures": ["OndolCrossEncoder"]}
    held = {data.name: [data.questions[q].id for q in data.of("held-out")] for data in sets}
    for name, content in {
        "config.json": config,
        "tokenizer_config.json": {"tokenizer_class": "PreTrainedTokenizerFast", "model_max_length": LONGEST},
        "split.json": {"blend": blend, "top": top, "held-out": held},
    }.items():  # fmt: skip
        (out / name).write_text(json.dumps(content, indent=1), encoding="utf-8")
    size = (out / "onnx" / "model-int8.onnx").stat().st_size / 1e6
    print(f"written to {out}: blend {blend}, {size:.0f} MB", flush=True)


def merge(network: Network, tensors: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    """e5's tensors with the trained layers in place of its own, and the head."""
    merged = {name: value.clone() for name, value in tensors.items()}
    for place, layer in enumerate(network.layers, SPLIT):
        state = layer.state_dict()
        for ours, theirs in NAMES.items():
            for part in ("weight", "bias"):
                merged[f"encoder.layer.{place}.{theirs}.{part}"] = state[f"{ours}.{part}"].clone()
    return merged


def write_tokenizer(source: Path, path: Path) -> None:
    """e5's, which puts its prefixes before both texts and tells them apart by type."""
    tokenizer = Tokenizer.from_file(str(source))
    marks = {name: tokenizer.token_to_id(name) for name in ("<s>", "</s>")}
    prefixes = [
        {"id": f"<{name}>", "ids": found.ids, "tokens": found.tokens}
        for name in ("query", "passage")
        for found in [tokenizer.encode(f"{name}:", add_special_tokens=False)]
    ]
    tokenizer.post_processor = processors.TemplateProcessing(
        single="<s> $A </s>",
        pair="<s> <query> $A </s> <s>:1 <passage>:1 $B:1 </s>:1",
        special_tokens=[*marks.items(), *prefixes],
    )
    tokenizer.save(str(path), pretty=False)


def write_graph(network: Network, weights_file: Path, bert: Bert, path: Path) -> None:
    """`input_ids`, `token_type_ids` (1, S) → `score` (1, 1); tokens of type 0 are the question's and come first."""
    graph, weights = Graph(), Weights(weights_file)
    [length] = graph.node("Shape", "input_ids", start=1, end=2)
    [second] = graph.node("ReduceSum", "token_type_ids", graph.constant("one", np.array([1])), keepdims=0)
    [border] = graph.node("Sub", length, second)
    parts = [encode(graph, weights, bert, ids, layers=SPLIT) for ids in _cut(graph, "input_ids", border)]
    [joined] = graph.node("Concat", *parts, axis=1)
    joined = run_layers(graph, weights, bert, joined, range(SPLIT, bert.layers))
    _score(graph, network, *_cut(graph, joined, border))
    save_graph(
        graph, path, inputs=["input_ids", "token_type_ids"], output="score", width=1,
        properties={"weights": sha256_of(weights_file)},
    )  # fmt: skip


def _cut(graph: Graph, values: str, border: str) -> tuple[str, str]:
    """Both sides of a place on the second axis."""
    start, end = graph.constant("zero", np.array([0])), graph.constant("end", np.array([END]))
    axis = graph.constant("one", np.array([1]))
    return (
        graph.node("Slice", values, start, border, axis)[0],
        graph.node("Slice", values, border, end, axis)[0],
    )


def _score(graph: Graph, network: Network, question: str, passage: str) -> None:
    """See `network.Head`; all of it in fp32."""
    left, right = (graph.node("LpNormalization", side, axis=-1, p=2)[0] for side in (question, passage))
    [right] = graph.node("Transpose", right, perm=[0, 2, 1])
    [near] = graph.node("MatMul", left, right)
    [best] = graph.node("ReduceMax", near, graph.constant("last", np.array([-1])), keepdims=0)
    share = _linear(graph, network.head.weight, question, "head.weight")
    [share] = graph.node("Softmax", share, axis=1)
    [share] = graph.node("Squeeze", share, graph.constant("last", np.array([-1])))
    [found] = graph.node("Mul", share, best)
    [found] = graph.node("ReduceSum", found, graph.constant("one", np.array([1])), keepdims=1)
    [found] = graph.node("Mul", found, graph.constant("head.scale", network.head.scale.detach().numpy()[None]))
    [first] = graph.node("Gather", question, graph.constant("first", np.array(0)), axis=1)
    graph.nodes.append(helper.make_node("Add", [found, _linear(graph, network.head.cls, first, "head.cls")], ["score"]))


def _linear(graph: Graph, layer: torch.nn.Linear, values: str, name: str) -> str:
    matrix = graph.constant(f"{name}.weight", layer.weight.detach().numpy().T)
    [product] = graph.node("MatMul", values, matrix)
    return graph.node("Add", product, graph.constant(f"{name}.bias", layer.bias.detach().numpy()))[0]
