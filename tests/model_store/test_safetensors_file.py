"""Weights are refused by their reason, whatever the file says about itself."""

import json
from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ondol.errors import Damaged, NotFound, OndolError, UnusableInput
from ondol.model_store.safetensors_file import SafeTensor, check_weights, read_safetensors_header

ROWS = {
    "__metadata__": {"format": "pt"},
    "b": {"dtype": "F16", "shape": [3], "data_offsets": [16, 22]},
    "a": {"dtype": "F32", "shape": [2, 2], "data_offsets": [0, 16]},
}


def pack(rows, room=22):
    header = rows if isinstance(rows, bytes) else json.dumps(rows).encode()
    return len(header).to_bytes(8, "little") + header + bytes(room)


def write(folder, content, name="model.safetensors"):
    path = folder / name
    path.write_bytes(content)
    return path


def row(**changes):
    return {"a": {"dtype": "F32", "shape": [2, 2], "data_offsets": [0, 16], **changes}}


def test_the_tensors_of_a_whole_file_are_told_in_order(tmp_path):
    path = write(tmp_path, pack(ROWS))
    assert read_safetensors_header(path) == (SafeTensor("a", "F32", (2, 2), 16), SafeTensor("b", "F16", (3,), 6))
    check_weights(path)
    check_weights(tmp_path)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "claims 0 bytes"),
        (b"\xff" * 8, "claims 18446744073709551615 bytes"),
        (pack(b"[" * 100_000), "cannot be read"),
        (pack([1]), "no table of tensors"),
        (pack(b'{"a": ' + json.dumps(ROWS["a"]).encode() + b', "a": {}}'), "twice"),
        (pack(row(data_offsets=[0, 12]), 12), "another number of bytes"),
        (pack(row(shape=[2**62, 2**62]), 16), "another number of bytes"),
        (pack(row(shape=[-2, -2]), 16), "numbers that no tensor has"),
        (pack(row(shape=[2.0, 2]), 16), "numbers that no tensor has"),
        (pack(row(dtype="F99"), 16), "nothing that is known"),
        (pack(row(dtype=["F32"]), 16), "nothing that is known"),
        (pack({"a": 5}, 16), "nothing that is known"),
        (pack({**row(), "b": row()["a"]}, 16), "does not begin where"),
        (pack(row(data_offsets=[8, 24]), 24), "does not begin where"),
        (pack(ROWS, 21), "take 22 bytes and 21 are there"),
    ],
)
def test_a_header_that_contradicts_itself_is_damaged(tmp_path, content, reason):
    with pytest.raises(Damaged, match=reason):
        read_safetensors_header(write(tmp_path, content))


@given(st.data())
@settings(max_examples=300, deadline=500)
def test_flipped_and_missing_bytes_end_in_an_error_of_ours_or_in_tensors(tmp_path_factory, data):
    content = bytearray(pack(ROWS))
    for place in data.draw(st.lists(st.integers(0, len(content) - 1), max_size=6)):
        content[place] = data.draw(st.integers(0, 255))
    content = content[: data.draw(st.integers(0, len(content)))]
    path = write(tmp_path_factory.getbasetemp(), content, "fuzz.safetensors")
    with suppress(OndolError):
        assert all(isinstance(tensor, SafeTensor) for tensor in read_safetensors_header(path))


@pytest.mark.parametrize("name", ["pytorch_model.bin", "a.pt", "a.PTH", "a.pkl", "a.ckpt"])
def test_pickles_are_refused_before_they_are_read(tmp_path, name):
    path = write(tmp_path, b"\x80\x04.", name)
    for place in (path, tmp_path):
        with pytest.raises(UnusableInput, match=f"{name} is a pickle: reading it can run any code"):
            check_weights(place)
    write(tmp_path, pack(ROWS))
    check_weights(tmp_path)


def test_a_missing_shard_is_named(tmp_path):
    write(tmp_path, json.dumps({"weight_map": {"a": "model-2.safetensors"}}).encode(), "model.safetensors.index.json")
    with pytest.raises(Damaged, match=r"the file model-2\.safetensors that it names is missing"):
        check_weights(tmp_path)
    write(tmp_path, pack(ROWS), "model-2.safetensors")
    check_weights(tmp_path)


def test_nothing_is_not_found(tmp_path):
    with pytest.raises(NotFound, match="There is no model at"):
        check_weights(tmp_path / "none")
