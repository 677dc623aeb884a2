import hashlib

import pytest

from ondol.errors import NotFound, UsageError
from ondol.gguf.find import locate_gguf, weights_sha256
from ondol.model_store.store import ModelStore


def test_a_path_a_folder_and_nothing(tmp_path):
    file = tmp_path / "models" / "a.gguf"
    file.parent.mkdir()
    file.touch()
    store = ModelStore(tmp_path / "home")
    assert locate_gguf(str(file), store) == locate_gguf(str(file.parent), store) == file
    with pytest.raises(UsageError, match="needs the name of a model"):
        locate_gguf("", store)
    with pytest.raises(NotFound):
        locate_gguf("nothing-of-this-name", store)


def test_the_sum_is_of_the_bytes_and_follows_a_change(tmp_path):
    file, store = tmp_path / "a.gguf", ModelStore(tmp_path / "home")
    for content in (b"one", b"another"):
        file.write_bytes(content)
        assert weights_sha256(file, store) == hashlib.sha256(content).hexdigest()


def test_every_part_counts(tmp_path):
    first, second = (tmp_path / f"a-0000{number}-of-00002.gguf" for number in (1, 2))
    first.write_bytes(b"one")
    store, found = ModelStore(tmp_path / "home"), set()
    for content in (b"two", b"three"):
        second.write_bytes(content)
        found.add(weights_sha256(first, store))
    assert len(found) == 2
