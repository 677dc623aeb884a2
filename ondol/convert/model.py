"""A transformers folder as one GGUF file, written tensor by tensor.

Source: github.com/ggml-org/llama.cpp (convert_hf_to_gguf.py)
"""

from __future__ import annotations

from pathlib import Path

import gguf
import numpy as np

from ondol.convert.architectures import find_architecture
from ondol.convert.config import read_config
from ondol.convert.metadata import add_metadata
from ondol.convert.tensors import EMBEDDING, Row, encode, plan_tensors
from ondol.convert.vocabulary import add_vocabulary
from ondol.convert.weights import list_weights
from ondol.errors import BackendError
from ondol.model_store.manifest import write_atomic

FILE_TYPES = {
    "f32": gguf.LlamaFileType.ALL_F32,
    "f16": gguf.LlamaFileType.MOSTLY_F16,
    "bf16": gguf.LlamaFileType.MOSTLY_BF16,
    "q8_0": gguf.LlamaFileType.MOSTLY_Q8_0,
    "q4_0": gguf.LlamaFileType.MOSTLY_Q4_0,
}


def write_gguf(folder: Path, target: Path, *, dtype: str = "f16") -> None:
    """Convert the model in `folder`; no more than one tensor is in memory at a time.

    Args:
        dtype: of the matrices: f32, f16, bf16, q8_0 or q4_0; vectors are f32.

    Raises:
        UsageError: no such dtype.
        NotFound, Damaged: files or tensors are missing, or not whole.
        UnusableInput: pickles, or something that llama.cpp does not know.
        BackendError: the file cannot be written.
    """
    config = read_config(folder)
    architecture = find_architecture(config)
    weights = list_weights(folder)
    rows = plan_tensors(config, architecture, weights, dtype=dtype)
    writer = gguf.GGUFWriter(None, architecture.name)
    writer.add_type("model")
    writer.add_file_type(FILE_TYPES[dtype])
    writer.add_quantization_version(gguf.GGML_QUANT_VERSION)
    add_metadata(writer, config, architecture)
    size = weights[EMBEDDING].shape[0]
    writer.add_vocab_size(size)
    add_vocabulary(writer, folder, size=size, config=config)
    write_file(writer, target, rows)


def write_file(writer: gguf.GGUFWriter, target: Path, rows: list[Row]) -> None:
    """Keys and tensors under `target`, in one step.

    Raises:
        BackendError: it cannot be written.
    """
    for row in rows:
        writer.add_tensor_info(row.name, row.shape, np.dtype(np.float32), row.bytes, raw_dtype=row.kind)

    def write(path: Path) -> None:
        try:
            writer.write_header_to_file(path)
            writer.write_kv_data_to_file()
            writer.write_ti_data_to_file()
            for row in rows:
                writer.write_tensor_data(encode(row))
        finally:
            writer.close()

    try:
        write_atomic(target, write)
    except OSError as error:
        raise BackendError(
            "{path} cannot be written: {reason}", hint="Check its rights and its free space, or name another file.",
            path=target, reason=error.strerror or error,
        ) from error  # fmt: skip
