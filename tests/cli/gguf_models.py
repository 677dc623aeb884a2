"""Small GGUF files for tests of the commands."""

import gguf
import numpy as np

from ondol.model_store.manifest import make_manifest, write_manifest


def write_gguf(path):
    """A header of a chat model with two tensors."""
    path.parent.mkdir(parents=True, exist_ok=True)
    writer = gguf.GGUFWriter(path, "llama")
    writer.add_license("mit")
    writer.add_block_count(2)
    writer.add_embedding_length(64)
    writer.add_head_count(4)
    writer.add_head_count_kv(2)
    writer.add_feed_forward_length(96)
    writer.add_context_length(512)
    writer.add_chat_template("{{ messages[0].content }}")
    writer.add_tensor("token_embd.weight", np.zeros((320, 64), np.float32))
    writer.add_tensor("output.weight", np.zeros((320, 64), np.float16))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return path


def put_pulled(folder):
    """What `ondol models pull` would leave there."""
    write_gguf(folder / "m.gguf")
    write_manifest(folder, make_manifest(folder, "hub o/r"))
