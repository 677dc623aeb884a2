"""Whatever stands in a GGUF file, reading it ends soon, with its description or an error of ours."""

import struct
import time
from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ondol.errors import Damaged, NotFound, OndolError, UnusableInput
from ondol.gguf.file import read_gguf, read_gguf_header

U32, TEXT, ARRAY = 4, 8, 9


def text(content):
    return struct.pack("<Q", len(content)) + content


def key(name, kind, value):
    return text(name) + struct.pack("<I", kind) + value


def tensor(name=b"t", shape=(32,), kind=0, offset=0):
    return text(name) + struct.pack(f"<I{len(shape)}QIQ", len(shape), *shape, kind, offset)


def pack(keys=(), tensors=(), *, room=1024, count=None):
    counts = count or (len(tensors), len(keys))
    header = b"GGUF\x03\0\0\0" + struct.pack("<QQ", *counts) + b"".join((*keys, *tensors))
    return header + bytes(-len(header) % 32 + room)


KEYS = (
    key(b"general.architecture", TEXT, text(b"llama")),
    key(b"llama.context_length", U32, struct.pack("<I", 64)),
    key(b"tokenizer.ggml.tokens", ARRAY, struct.pack("<IQ", TEXT, 2) + text(b"<s>") + text(b"</s>")),
    key(b"tokenizer.ggml.token_type", ARRAY, struct.pack("<IQ2i", 5, 2, 3, 3)),
)
WHOLE = pack(KEYS, (tensor(), tensor(b"u", (256, 2), 12, 128)))


def write(folder, content, name="model.gguf"):
    path = folder / name
    path.write_bytes(content)
    return path


def test_keys_and_tensors_are_told_with_their_bytes(tmp_path):
    header = read_gguf_header(write(tmp_path, WHOLE))
    assert [(row.name, row.shape, row.type, row.bytes) for row in header.tensors] == [
        ("t", (32,), 0, 128),
        ("u", (256, 2), 12, 288),
    ]
    assert header.metadata["llama.context_length"] == 64
    assert read_gguf(write(tmp_path, WHOLE)).control_tokens == {"<s>", "</s>"}


def test_arrays_as_long_as_a_vocabulary_are_left_out(tmp_path):
    long = key(b"long", ARRAY, struct.pack("<IQ", 0, 5000) + bytes(5000))
    assert list(read_gguf_header(write(tmp_path, pack((*KEYS[:2], long)))).metadata) == [
        "general.architecture",
        "llama.context_length",
    ]


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (pack(count=(2**64 - 1, 0)), "it claims 18446744073709551615 tensors"),
        (pack(count=(0, 2**63)), "and 9223372036854775808 keys"),
        (pack(count=(2**17, 0)), "more than there is|ends too early|contradict|twice"),
        (pack((text(b"k") + struct.pack("<IIQ", ARRAY, TEXT, 2**63),), count=(0, 1)), "claims more than there is"),
        (pack((text(b"k") + struct.pack("<IIQ", ARRAY, 12, 2**61),), count=(0, 1)), "claims more than there is"),
        (pack((text(b"k") + struct.pack("<IQ", TEXT, 2**64 - 9),), count=(0, 1)), "a text ends behind the end"),
        (pack((text(b"k") + struct.pack("<I", ARRAY) + struct.pack("<IQ", ARRAY, 1) * 80,)), "more than 4 deep"),
        (pack((KEYS[0], KEYS[0])), "the key 'general.architecture' stands in it twice"),
        (pack((key(b"k", 99, b""),)), "a value of kind 99"),
        (pack((key(b"general.alignment", U32, bytes(4)),)), "alignment is no power of two"),
        (pack((), (tensor(shape=(1,) * 9),)), "has 9 dimensions"),
        (pack((), (tensor(shape=(2**63, 2**63, 2**63)),)), "and needs"),
        (pack((), (tensor(offset=2**64 - 32),)), "and needs"),
        (pack((), (tensor(), tensor(b"u", offset=96))), "the tensor 'u' lies over another"),
        (pack((), (tensor(), tensor(offset=128))), "a tensor stands in it twice"),
        (pack((), (tensor(shape=(33,), kind=2),)), "does not start or end on a block"),
        (pack((), (tensor(offset=4),)), "does not start or end on a block"),
    ],
)
def test_a_file_that_contradicts_itself_is_damaged(tmp_path, content, reason):
    started = time.monotonic()
    with pytest.raises(Damaged, match=reason):
        read_gguf(write(tmp_path, content))
    assert time.monotonic() - started < 2


def test_a_type_of_the_future_is_told_as_such(tmp_path):
    with pytest.raises(UnusableInput, match=r"tensors of type 99, which this llama\.cpp does not know"):
        read_gguf(write(tmp_path, pack((), (tensor(kind=99),))))


@given(st.data())
@settings(max_examples=500, deadline=500)
def test_flipped_and_missing_bytes_end_in_an_error_of_ours_or_a_description(tmp_path_factory, data):
    content = bytearray(WHOLE)
    for place in data.draw(st.lists(st.integers(0, 400), max_size=8)):
        content[place] = data.draw(st.sampled_from([0, 1, 8, 9, 127, 128, 255]) | st.integers(0, 255))
    content = content[: data.draw(st.integers(0, len(content)) | st.just(len(content)))]
    path = write(tmp_path_factory.getbasetemp(), content, "fuzz.gguf")
    with suppress(OndolError):
        assert isinstance(read_gguf(path).context, int)


def test_parts_are_added_up_and_a_missing_one_is_named(tmp_path):
    first = write(tmp_path, pack(KEYS, (tensor(),)), "m-00001-of-00002.gguf")
    with pytest.raises(Damaged, match=r"its part m-00002-of-00002\.gguf is missing"):
        read_gguf(first)
    write(tmp_path, pack((), (tensor(b"u"),)), "m-00002-of-00002.gguf")
    assert [row.name for row in read_gguf_header(first).tensors] == ["t", "u"]
    assert read_gguf(first).architecture == "llama"
    with pytest.raises(NotFound):
        read_gguf(tmp_path / "m-00003-of-00002.gguf")
