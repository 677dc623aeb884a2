"""Nested data: rows where they are rows, and every key and value where it can be found."""

import json
import runpy
import time
from pathlib import Path

import pytest

from ondol.errors import UnusableInput
from ondol.ingest.formats.json_yaml import read_json, read_jsonl, read_toml, read_yaml

check_reader = runpy.run_path(str(Path(__file__).with_name("fuzz.py")))["check_reader"]
DATA = Path(__file__).parents[4] / "shared" / "data" / "documents"


def dump(value):
    return json.dumps(value, ensure_ascii=False).encode()


def rows(parsed):
    return [parsed.text[start:end] for start, end in parsed.rows]


def titles(parsed):
    return [(heading.level, heading.title) for heading in parsed.headings]


def test_a_list_of_objects_is_rows_with_joined_keys():
    parsed = read_json(
        dump(
            [
                {"이름": "김온돌", "주소": {"시": "서울", "동": "종로"}, "tags": ["a", "b"], "gone": None, "ok": True},
                {"이름": "Lee", "items": [{"n": 1}, {"n": 2.50}], "empty": "", "deep": [[1, 2], [3]]},
            ]
        ).replace(b"2.5", b"2.50"),
        "people",
    )
    assert rows(parsed) == [
        "이름: 김온돌\n주소.시: 서울\n주소.동: 종로\ntags: a, b\nok: true",
        "이름: Lee\nitems.1.n: 1\nitems.2.n: 2.50\ndeep: 1, 2\ndeep: 3",
    ]
    assert (parsed.title, parsed.format) == ("people", "json")


def test_an_object_is_an_outline_under_its_keys():
    parsed = read_json(
        dump({
            "title": "설정", "version": "1.10",
            "server": {"host": "localhost", "ports": [80, 443], "limits": {"memory": "2 GB"}},
            "people": [{"name": "김"}, {"name": "이"}],
        }),
        "file",
    )  # fmt: skip
    assert parsed.text == (
        "title: 설정\nversion: 1.10\n\nserver\n\nhost: localhost\nports: 80, 443\n\nlimits\n\nmemory: 2 GB\n\n"
        "people\n\nname: 김\n\nname: 이"
    )
    assert titles(parsed) == [(1, "server"), (2, "limits"), (1, "people")]
    assert (rows(parsed), parsed.title) == (["name: 김", "name: 이"], "설정")


def test_what_lies_deep_is_indented():
    value = {"a": {"b": {"c": {"d": {"e": {"f": "x", "g": [{"h": 1}, "i"]}, "k": "v"}}}}}
    assert read_json(dump(value), "x").text.endswith("d\n\ne:\n  f: x\n  g:\n    -\n      h: 1\n    i\nk: v")


def test_long_texts_are_paragraphs():
    text = "첫 문단입니다. " * 30
    parsed = read_json(dump([{"id": 7, "body": text + "\n\n둘째 문단."}]), "x")
    assert parsed.text == f"id: 7\nbody:\n{text}\n\n둘째 문단."


def test_numbers_and_repeated_keys_are_kept_as_they_are_written():
    data = b'{"n": 1.10, "big": ' + b"9" * 5000 + b', "x": NaN, "a": 1, "a": 2, "e": "\\ud83d"}'
    text = read_json(data, "x").text
    assert "n: 1.10\n" in text
    assert "9" * 5000 in text
    assert text.endswith("x: NaN\na: 1, 2\ne: �")


def test_other_values_at_the_top_are_text():
    assert read_json(b'"text"', "x").text == "text"
    assert read_json(b'["a", "b"]', "x").text == "a, b"
    assert rows(read_json(b"[[1, 2], [3, 4]]", "x")) == ["1 | 2", "3 | 4"]


def test_broken_json_is_text_and_says_so():
    data = b'{"a": 1, // comment\n "b": [1, 2],}'
    parsed = read_json(data, "x")
    assert parsed.text == data.decode()
    assert parsed.unread.startswith("It is no valid JSON (Expecting property name")


def test_json_lines_are_rows_also_under_the_name_of_json():
    data = '{"id": 1, "글": "가"}\n\n{"id": 2, "글": "나"}\n"loose"\n'.encode()
    for read in (read_json, read_jsonl):
        parsed = read(data, "x")
        assert (rows(parsed), parsed.format) == (["id: 1\n글: 가", "id: 2\n글: 나", "loose"], "jsonl")
    parsed = read_jsonl(data + b"{broken\n", "x")
    assert (len(rows(parsed)), parsed.unread) == (3, "1 of 4 lines are no valid JSON and were left out.")
    with pytest.raises(UnusableInput, match="The file is no JSONL"):
        read_jsonl(b"plain\ntext\n", "x")


@pytest.mark.parametrize("read", [read_json, read_jsonl, read_yaml])
@pytest.mark.parametrize("data", [b"[" * 200_000, b"[" * 200_000 + b"]" * 200_000, b'{"a":' * 500 + b"1" + b"}" * 500])
def test_what_is_nested_too_deep_is_refused(read, data):
    with pytest.raises(UnusableInput, match="nested deeper than 100 levels"):
        read(data, "x")


def test_a_hundred_thousand_rows_are_quick():
    data = dump([{"id": n, "name": f"이름 {n}", "address": {"city": "서울", "code": n}} for n in range(100_000)])
    started = time.perf_counter()
    assert len(read_json(data, "x").rows) == 100_000
    lines = b"\n".join(b'{"id": %d, "name": "a", "tags": ["b", "c"]}' % n for n in range(100_000))
    assert len(read_jsonl(lines, "x").rows) == 100_000
    assert time.perf_counter() - started < 20  # two seconds on an idle machine


YAML = """# 서버 설정
title: 안내
server:            # where it runs
  host: localhost
  port: 0080
paths:
- /a
- /b
note: |
  One text.
day: 2024-05-17
"""


def test_yaml_stays_as_it_is_written_under_its_keys():
    parsed = read_yaml(YAML.encode(), "config")
    assert (parsed.text, parsed.title) == (YAML, "안내")
    assert titles(parsed) == [(1, "server"), (1, "paths")]
    assert parsed.text.startswith("server:", parsed.headings[0].start)


def test_a_yaml_list_of_objects_is_rows():
    data = "- name: 김\n  day: 2024-05-17\n  on: yes\n  none: ~\n- &a\n  name: !x 이\n  in: {b: 1.10}\n- *a\n"
    assert rows(read_yaml(data.encode(), "x")) == ["name: 김\nday: 2024-05-17\non: yes", *["name: 이\nin.b: 1.10"] * 2]


def test_yaml_with_several_documents_or_mistakes_is_text():
    several = b"a: 1\n---\nb: 2\n"
    assert (read_yaml(several, "x").text, read_yaml(several, "x").unread) == (several.decode(), "")
    broken = b"a: {{ .Values.a }}\n  b: ]\n"
    parsed = read_yaml(broken, "x")
    assert parsed.text == broken.decode()
    assert parsed.unread.startswith("It is no valid YAML (")


def test_yaml_never_builds_objects():
    assert "os.system" in read_yaml(b"- a: !!python/object/apply:os.system ['true']\n- b: os.system\n", "x").text


def test_aliases_that_explode_are_refused():
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 12)]
    with pytest.raises(UnusableInput, match="it is a trap"):
        read_yaml("\n".join(lines).encode(), "x")
    with pytest.raises(UnusableInput, match="refers to 'a', which is not there or not complete"):
        read_yaml(b"&a [*a]", "x")


def test_toml_stays_as_it_is_written_under_its_tables():
    text = 'title = "안내"\n\n[server]  # here\nport = 80\n\n[[people]]\nname = "김"\n'
    parsed = read_toml(text.encode(), "x")
    assert (parsed.text, titles(parsed)) == (text, [(1, "server"), (1, "people")])


def test_damaged_files_never_hang():
    check_reader(read_json, dump([{"a": [1, {"b": "가나다"}], "c": "d" * 50}] * 20))
    check_reader(read_jsonl, dump({"a": [1, {"b": "가나다"}]}) + b"\n" + dump({"a": 1}))
    check_reader(read_yaml, YAML.encode() * 3)
    check_reader(read_toml, b'[a]\nb = "c"\n' * 9)


@pytest.mark.data
def test_a_real_file_is_read():
    path = DATA / "en_test.json"
    if not path.exists():
        pytest.skip("shared/data/documents is not beside the checkout")
    text = read_json(path.read_bytes(), "x").text
    assert "5b64c88c-b3c3-4510-bcb8-da0b200602d8" in text
    assert "9700dc99-6685-40b4-9a3a-5e406dcb37f3" in text
