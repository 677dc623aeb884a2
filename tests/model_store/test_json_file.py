"""JSON of a model: an object, or an error that names the file."""

import json
import math

import pytest

from ondol.errors import Damaged, UnusableInput
from ondol.model_store.json_file import read_object, read_weight_map


def write(tmp_path, value):
    path = tmp_path / "a.json"
    path.write_bytes(value if isinstance(value, bytes) else json.dumps(value).encode())
    return path


def test_an_object_is_read_as_it_is(tmp_path):
    # Mamba's configs hold Infinity
    assert read_object(write(tmp_path, {"time_step_limit": [0.0, math.inf]})) == {"time_step_limit": [0.0, math.inf]}


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"[1]", "it holds no JSON object"),
        (b"null", "it holds no JSON object"),
        (b"", "it is not JSON"),
        (b"\xff\xfe\xfd", "it is not JSON"),
        (b"[" * 100_000, "it is not JSON"),
        (b'{"a":' * 100_000, "it is not JSON"),
        (b'{"a": 1' + b"0" * 5000 + b"}", "it is not JSON"),
    ],
)
def test_everything_else_is_damaged(tmp_path, content, reason):
    with pytest.raises(Damaged, match=rf"a\.json is damaged: {reason}"):
        read_object(write(tmp_path, content))


def test_what_cannot_be_read_is_told(tmp_path):
    with pytest.raises(UnusableInput, match=r"none\.json cannot be read: No such file"):
        read_object(tmp_path / "none.json")
    with pytest.raises(UnusableInput, match="cannot be read: Is a directory"):
        read_object(tmp_path)


def test_a_weight_map_names_files_beside_the_index(tmp_path):
    assert read_weight_map(write(tmp_path, {"weight_map": {"a": "m-1.safetensors"}})) == {"a": "m-1.safetensors"}


@pytest.mark.parametrize("index", [{}, {"weight_map": []}, {"weight_map": {"a": 3}}, {"weight_map": {"a": None}}])
def test_a_weight_map_of_another_form_is_damaged(tmp_path, index):
    with pytest.raises(Damaged, match="it does not tell which file holds which tensor"):
        read_weight_map(write(tmp_path, index))


@pytest.mark.parametrize("name", ["../m.safetensors", "/etc/passwd", "a/b", "a\\b", "..", ".", "", "a\0b"])
def test_a_weight_map_cannot_name_files_elsewhere(tmp_path, name):
    with pytest.raises(Damaged, match="is no name of a file beside it"):
        read_weight_map(write(tmp_path, {"weight_map": {"a": name}}))
