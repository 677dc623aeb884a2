"""tokenizer.json → the vocabulary of a GGUF: byte-level BPE (`gpt2`) or SentencePiece's BPE (`llama`)."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gguf import TokenType

from ondol.convert.config import read_json
from ondol.errors import UnusableInput
from ondol.gguf.pre_tokenizers import PRE_TOKENIZERS, name_pre_tokenizer

SPACE = "▁"
UNMERGED = -1000.0
ROLES = ("bos", "eos", "unk", "pad")
PHI_3 = {"<unk>", "<s>", "<|endoftext|>"}
"""llama.cpp drops the spaces behind special tokens where the model's name is phi-3, and fails where it lacks these."""


@dataclass(frozen=True, slots=True)
class Token:
    text: str
    kind: TokenType


def add_vocabulary(writer: Any, folder: Path, *, size: int, config: dict[str, Any]) -> None:
    """Write tokens, merges or scores, the special tokens and the chat template.

    Args:
        size: rows of the embedding; ids without a token become unused ones.

    Raises:
        NotFound, Damaged: tokenizer.json cannot be read.
        UnusableInput: llama.cpp has no tokenizer of this kind.
    """
    tokenizer = read_json(folder / "tokenizer.json")
    path = folder / "tokenizer_config.json"
    settings = read_json(path) if path.is_file() else {}
    model = tokenizer.get("model") or {}
    if model.get("type") != "BPE" or not model.get("merges"):
        raise _unknown(folder, str(model.get("type", "none")))
    pieces = bool(model.get("byte_fallback"))
    tokens = list_tokens(tokenizer, size=size, pieces=pieces)
    if pieces:
        _add_pieces(writer, folder, tokenizer, tokens)
    else:
        _add_bytes(writer, folder, tokenizer)
    writer.add_token_list([token.text for token in tokens])
    writer.add_token_types([token.kind for token in tokens])
    _add_roles(writer, tokenizer, settings, config)
    added = tokenizer.get("added_tokens", [])
    if {row["content"] for row in added} >= PHI_3 and any(row.get("rstrip") for row in added):
        writer.add_name("phi-3")
    template = read_template(folder, settings)
    if template:
        writer.add_chat_template(template)


def list_tokens(tokenizer: dict[str, Any], *, size: int, pieces: bool) -> list[Token]:
    """One token per id, in their order. Ids beyond the embedding cannot be read or written, so they are left out."""
    model = tokenizer["model"]
    found = {number: Token(text, _kind_of(text, pieces)) for text, number in model["vocab"].items()}
    for row in tokenizer.get("added_tokens", []):
        kind = TokenType.CONTROL if row.get("special") else TokenType.USER_DEFINED
        text = row["content"].replace(SPACE, " ") if pieces and not row.get("special") else row["content"]
        found[row["id"]] = Token(text, kind)
    unknown = model["vocab"].get(model.get("unk_token"))
    if pieces and unknown is not None:
        found[unknown] = Token(found[unknown].text, TokenType.UNKNOWN)
    return [found.get(number, Token(f"[PAD{number}]", TokenType.UNUSED)) for number in range(size)]


def read_template(folder: Path, settings: dict[str, Any]) -> str:
    """The chat template, or the default one where a model has several; empty for a base model."""
    path = folder / "chat_template.jinja"
    if path.is_file():
        return path.read_text(encoding="utf-8")
    template = settings.get("chat_template") or ""
    if isinstance(template, list):
        named = {row["name"]: row["template"] for row in template}
        template = named.get("default") or next(iter(named.values()), "")
    return str(template)


def _kind_of(text: str, pieces: bool) -> TokenType:
    is_byte = pieces and len(text) == 6 and text.startswith("<0x") and text.endswith(">")
    return TokenType.BYTE if is_byte else TokenType.NORMAL


def _add_bytes(writer: Any, folder: Path, tokenizer: dict[str, Any]) -> None:
    model = tokenizer["model"]
    normalizer = (tokenizer.get("normalizer") or {"type": "NFC"})["type"]
    name = name_pre_tokenizer(tokenizer.get("pre_tokenizer"), ignore_merges=bool(model.get("ignore_merges")))
    if not name or normalizer != "NFC":  # ondol's texts are NFC
        raise _unknown(folder, "BPE")
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre(name)
    writer.add_token_merges([" ".join(pair) for pair in _read_merges(model)])


def _add_pieces(writer: Any, folder: Path, tokenizer: dict[str, Any], tokens: list[Token]) -> None:
    """llama.cpp joins the neighbours whose whole has the best score: the earlier its merge, the better."""
    ranks: dict[str, int] = {}
    for rank, (left, right) in enumerate(_read_merges(tokenizer["model"])):
        ranks.setdefault(left + right, rank)
    steps = [
        *_steps(tokenizer.get("normalizer"), "normalizers"),
        *_steps(tokenizer.get("pre_tokenizer"), "pretokenizers"),
    ]
    prefixed = [step for step in steps if step["type"] == "Prepend" or step.get("prepend_scheme", "never") != "never"]
    marked = [step for step in steps if SPACE in (step.get("content"), step.get("replacement"))]
    if not marked or {step["type"] for step in steps} - {"Prepend", "Replace", "Metaspace", "Split"}:
        raise _unknown(folder, "SentencePiece")
    writer.add_tokenizer_model("llama")
    writer.add_tokenizer_pre("default")
    writer.add_token_scores([float(-ranks[token.text]) if token.text in ranks else UNMERGED for token in tokens])
    writer.add_add_space_prefix(bool(prefixed))


def _read_merges(model: dict[str, Any]) -> list[tuple[str, str]]:
    """Pairs; older files write them with a space between."""
    pairs = (row.split(" ", 1) if isinstance(row, str) else row for row in model["merges"])
    return [(left, right) for left, right in pairs]


def _steps(step: dict[str, Any] | None, name: str) -> list[dict[str, Any]]:
    return [] if not step else list(step.get(name, [step]))


def _add_roles(writer: Any, tokenizer: dict[str, Any], settings: dict[str, Any], config: dict[str, Any]) -> None:
    ids = tokenizer["model"]["vocab"] | {row["content"]: row["id"] for row in tokenizer.get("added_tokens", [])}
    texts = {}
    for role in ROLES:
        named = settings.get(f"{role}_token")
        texts[role] = named["content"] if isinstance(named, dict) else named
        fallback = config.get(f"{role}_token_id")
        number = ids.get(texts[role], fallback[0] if isinstance(fallback, list) else fallback)
        if number is not None:
            getattr(writer, f"add_{role}_token_id")(number)
    before, behind = _find_frame(tokenizer.get("post_processor"))
    for role, framed in (("bos", texts["bos"] in before), ("eos", texts["eos"] in behind)):
        wanted = settings.get(f"add_{role}_token")
        getattr(writer, f"add_add_{role}_token")(framed if wanted is None else bool(wanted))


def _find_frame(step: dict[str, Any] | None) -> tuple[list[str], list[str]]:
    """Special tokens that are set before and behind every text."""
    for part in _steps(step, "processors"):
        row = part.get("single", [])
        text = next((place for place, item in enumerate(row) if "Sequence" in item), None)
        if text is not None:
            marks = [item.get("SpecialToken", {}).get("id") for item in row]
            return marks[:text], marks[text + 1 :]
    return [], []


def _unknown(folder: Path, kind: str) -> UnusableInput:
    return UnusableInput(
        "llama.cpp has no tokenizer that cuts text as the one in {folder} ({kind}).",
        hint="Byte-level BPE as {known} and SentencePiece's BPE can be converted; as it is: hf:PATH",
        folder=folder, kind=kind, known=", ".join(PRE_TOKENIZERS),
    )  # fmt: skip
