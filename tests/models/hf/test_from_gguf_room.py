"""A GGUF that cannot be unpacked for want of room is refused before anything is read into memory."""

import struct

import pytest

from ondol.errors import BackendError
from ondol.model_store.store import ModelStore
from ondol.models.hf import from_gguf

KEYS = (("general.architecture", "llama"),)


def text(content: str) -> bytes:
    return struct.pack("<Q", len(content)) + content.encode()


def write_gguf(path, weights: int):
    """One tensor of `weights` numbers in Q4_0; the file is sparse, so it takes no room itself."""
    keys = b"".join(text(name) + struct.pack("<I", 8) + text(value) for name, value in KEYS)
    tensor = text("t") + struct.pack("<IQIQ", 1, weights, 2, 0)
    header = b"GGUF\x03\0\0\0" + struct.pack("<QQ", 1, len(KEYS)) + keys + tensor
    path.write_bytes(header)
    with path.open("r+b") as file:
        file.truncate(len(header) + 32 + weights // 32 * 18)
    return path


@pytest.mark.parametrize(
    ("memory", "disk", "words"),
    [
        (4095, 10**6, "4096 MB of memory are needed, and 4095 MB are free"),
        (10**6, 2047, "takes 2048 MB in .*, and 2047 MB are free"),
    ],
)
def test_a_gguf_without_room_for_it_is_refused_with_numbers(tmp_path, monkeypatch, memory, disk, words):
    monkeypatch.setattr(from_gguf, "memory_mb", lambda: (memory, memory))
    monkeypatch.setattr(from_gguf, "free_disk_mb", lambda _: disk)
    path = write_gguf(tmp_path / "large.gguf", 2**30)
    with pytest.raises(BackendError, match=words) as told:
        from_gguf.unpack_gguf(path, store=ModelStore(tmp_path / "home", offline=True))
    assert f"llama.cpp:{path}" in told.value.hint
