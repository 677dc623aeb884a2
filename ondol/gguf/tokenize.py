"""A text's tokens by the tokenizer of the file that a server holds."""

from __future__ import annotations

from ondol.gguf.piece_offsets import locate_pieces, without_surrogates
from ondol.gguf.server import LlamaServer


def token_ids(server: LlamaServer, text: str, *, special: bool, parse: bool = False) -> list[int]:
    """Ids of the tokens of `text`.

    Args:
        special: with the tokens that begin and end a text.
        parse: marks that stand in the text become tokens; else `</s>` is some letters.
    """
    body = {"content": without_surrogates(text), "add_special": special, "parse_special": parse}
    ids: list[int] = server.ask("/tokenize", body)["tokens"]
    return ids


def token_offsets(server: LlamaServer, text: str) -> list[tuple[int, int]]:
    """Start and end in characters of every token of `text`, without those that begin and end it."""
    plain = without_surrogates(text)
    body = {"content": plain, "add_special": False, "parse_special": False, "with_pieces": True}
    rows = [row["piece"] for row in server.ask("/tokenize", body)["tokens"]]
    return locate_pieces([bytes(piece) if isinstance(piece, list) else piece.encode() for piece in rows], plain)
