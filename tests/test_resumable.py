"""Files that an interrupted run goes on with."""

import pytest

from ondol.errors import UsageError
from ondol.resumable import ResumableFile

OTHER = "{path} holds something else."


def open_run(path, **asked):
    return ResumableFile(path, asked or {"model": "a"}, kind="test", refusal=OTHER)


def test_whole_lines_stay_and_a_cut_one_goes(tmp_path):
    path = tmp_path / "r.jsonl"
    with open_run(path) as file:
        file.write({"n": 1})
        file.write({"n": "둘"})
    path.write_bytes(path.read_bytes() + b'{"n": 3')
    with open_run(path) as file:
        assert [row["n"] for _, row in file.read()[1:]] == [1, "둘"]
        file.write({"n": 4})
    assert [row.get("n") for _, row in open_run(path).read()] == [None, 1, "둘", 4]


@pytest.mark.parametrize("content", [None, b"not of ours\n", b'{"ondol": "test"}\n', b'{"ondol": "te'])
def test_a_file_of_another_run_is_refused_and_stays_as_it_is(tmp_path, content):
    path = tmp_path / "r.jsonl"
    if content is None:
        with open_run(path, model="b"):
            pass
    else:
        path.write_bytes(content)
    before = path.read_bytes()
    with pytest.raises(UsageError, match="something else"), open_run(path):
        pass
    assert path.read_bytes() == before


def test_an_empty_file_is_begun(tmp_path):
    path = tmp_path / "r.jsonl"
    path.touch()
    with open_run(path):
        pass
    assert len(open_run(path).read()) == 1


def test_nothing_is_written_without_a_path():
    with open_run(None) as file:
        file.write({"n": 1})
        assert file.read() == []
