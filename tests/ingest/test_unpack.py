"""Everything in a file, as messages."""

import io
import zipfile

import pytest

from ondol.ingest.formats import txt
from ondol.ingest.messages import Done, Failed, Left, Unchanged, decode, encode
from ondol.ingest.unpack import read_file


def make_zip(**members):
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as archive:
        for name, content in members.items():
            archive.writestr(name.replace("__", "."), content)
    return data.getvalue()


@pytest.fixture
def read(tmp_path):
    def read(name, content, known=""):
        path = tmp_path / name
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return list(read_file(path, known))

    return read


def test_a_file_is_a_text_and_an_end(read):
    text, done = read("온돌.txt", "구들장을 데웁니다.")
    assert (text.part, text.parsed.text, text.start, text.more) == ("", "구들장을 데웁니다.", 0, False)
    assert done == Done(text.sha256)
    assert read("온돌.txt", "구들장을 데웁니다.", text.sha256) == [Unchanged()]


def test_a_mistake_in_a_reader_is_a_failure_with_its_kind(read, monkeypatch):
    def broken(data, name):
        raise IndexError("list index out of range")

    monkeypatch.setattr(txt, "read_txt", broken)
    assert read("a.txt", "text") == [Failed("", "IndexError: list index out of range")]


def test_messages_survive_the_pipe(read):
    for message in [
        *read("a.md", "# 제목\n\n본문 [x](y)\n\n```\ncode\n```\n"),
        Left("a", "b"),
        Failed("", "c"),
        Unchanged(),
    ]:
        assert decode(encode(message)) == message
