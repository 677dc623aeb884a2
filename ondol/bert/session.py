"""Opening a graph and its tokenizer."""

from __future__ import annotations

import re
import threading
import weakref
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import onnxruntime
from tokenizers import Tokenizer

from ondol.errors import BackendError

SURROGATES = re.compile("[\ud800-\udfff]")
_opened: weakref.WeakValueDictionary[tuple[Path, int], Tokenizer] = weakref.WeakValueDictionary()
"""By file and when it was written."""
_opening = threading.Lock()


def load_both(graph: Path, tokenizer: Path, *, hint: str) -> tuple[onnxruntime.InferenceSession, Tokenizer]:
    """Session and tokenizer; `hint` says what to do when the graph cannot be read.

    Models with the same tokenizer share it, for 250,000 pieces take 300 MB: leave it as it is.

    Raises:
        BackendError: one of them cannot be loaded.
    """
    with ThreadPoolExecutor(1) as pool:  # 0.3 s and, for 250,000 pieces, 0.6 s: side by side
        session = pool.submit(_load_session, graph, hint)
        words = _load_tokenizer(tokenizer)
        return session.result(), words


def _load_session(graph: Path, hint: str) -> onnxruntime.InferenceSession:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.log_severity_level = 3
    try:
        return onnxruntime.InferenceSession(graph, options, providers=["CPUExecutionProvider"])
    except Exception as error:  # ONNX Runtime's errors share no class but this
        raise BackendError(
            "{path} cannot be loaded: {reason}", hint=hint, path=graph, reason=str(error).split("\n")[0]
        ) from error


def _load_tokenizer(path: Path) -> Tokenizer:
    with _opening:
        try:
            key = path.resolve(), path.stat().st_mtime_ns
            tokenizer = _opened.get(key) or Tokenizer.from_file(str(path))
        except Exception as error:  # the library raises nothing more exact
            raise BackendError("{path} cannot be loaded: {reason}", path=path, reason=error) from error
        if key not in _opened:
            tokenizer.no_truncation()
            tokenizer.no_padding()
            tokenizer.encode_special_tokens = True  # a text's own "[SEP]" or "</s>" is a few letters, not the mark
            _opened[key] = tokenizer
        return tokenizer


def clean(text: str) -> str:
    """Replace lone surrogates, which have no UTF-8, one for one, so that offsets keep."""
    return SURROGATES.sub("\ufffd", text)
