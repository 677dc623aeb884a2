"""A bad model file is told by its reason before llama.cpp sees it."""

import gguf
import numpy as np
import pytest

from ondol.errors import Damaged, NotFound, UnusableInput
from ondol.gguf.file import read_gguf


@pytest.fixture(scope="module")
def tiny_path(tmp_path_factory):
    path = tmp_path_factory.mktemp("gguf") / "tiny.gguf"
    writer = gguf.GGUFWriter(path, "llama")
    writer.add_context_length(1024)
    writer.add_token_list(["<unk>", "<|im_start|>", "<|im_end|>", "<|tool|>", "own", "plain"])
    writer.add_token_types([3, 3, 3, 3, 4, 1])
    writer.add_chat_template("<|im_start|>{{ messages }}")
    writer.add_tensor("token_embd.weight", np.zeros((6, 4096), np.float32))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return path


def test_the_header_tells_template_window_and_control_tokens(tiny_path):
    file = read_gguf(tiny_path)
    assert (file.architecture, file.context) == ("llama", 1024)
    assert "<|im_start|>" in file.chat_template
    assert file.control_tokens == {"<unk>", "<|im_start|>", "<|im_end|>", "<|tool|>"}


def test_a_missing_file_is_not_found(tmp_path):
    with pytest.raises(NotFound, match="There is no model file"):
        read_gguf(tmp_path / "none.gguf")


@pytest.mark.parametrize("content", [b"", b"GG", b"PK\x03\x04 a zip archive", b"GGUF\x09\0\0\0 of the future"])
def test_another_format_is_refused(tmp_path, content):
    path = tmp_path / "model.gguf"
    path.write_bytes(content)
    with pytest.raises(UnusableInput, match="is not a GGUF file"):
        read_gguf(path)


@pytest.mark.parametrize("share", [0.00001, 0.0005, 0.001, 0.5, 0.999])
def test_a_file_that_is_cut_off_is_damaged(tmp_path, tiny_path, share):
    path, content = tmp_path / "cut.gguf", tiny_path.read_bytes()
    path.write_bytes(content[: max(10, int(len(content) * share))])
    with pytest.raises(Damaged, match="is damaged: it"):
        read_gguf(path)


def test_a_header_of_random_bytes_is_damaged(tmp_path):
    path = tmp_path / "random.gguf"
    path.write_bytes(b"GGUF\x03\0\0\0" + bytes(range(255, 0, -1)) * 20)
    with pytest.raises(Damaged, match="header cannot be read"):
        read_gguf(path)
