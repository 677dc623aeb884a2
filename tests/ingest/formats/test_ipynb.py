"""Notebooks: prose, code, and what it printed."""

import json
import runpy
from pathlib import Path

import pytest

from ondol.errors import UnusableInput
from ondol.ingest.formats.ipynb import read_ipynb

check_reader = runpy.run_path(str(Path(__file__).with_name("fuzz.py")))["check_reader"]
DATA = Path(__file__).parents[4] / "shared" / "data" / "documents"


def code(source, *outputs):
    return {"cell_type": "code", "source": source, "outputs": list(outputs)}


def stream(text):
    return {"output_type": "stream", "name": "stdout", "text": text}


def make_notebook(*cells, **more):
    cells = [{"cell_type": "markdown", "source": cell} if isinstance(cell, str) else cell for cell in cells]
    return json.dumps({"cells": cells, "metadata": {}, "nbformat": 4, **more}, ensure_ascii=False).encode()


NOTEBOOK = make_notebook(
    "\n# 온돌 **분석**\n\n설명입니다.\n\n```sh\nls\n```\n",
    code(["import os\n", "\n", "print('안녕')\n"], stream(["안녕\n", "\x1b[31m빨강\x1b[0m\n"])),
    "## Next\n![그림](attachment:a.png) <!-- secret -->",
)


def test_cells_stand_in_their_order_with_headings_and_whole_code():
    parsed = read_ipynb(NOTEBOOK, "x")
    assert parsed.text == (
        "# 온돌 **분석**\n\n설명입니다.\n\n```sh\nls\n```\n\nimport os\n\nprint('안녕')\n\n안녕\n빨강\n\n## Next\n그림 "
    )
    assert [(heading.level, heading.title) for heading in parsed.headings] == [(1, "온돌 분석"), (2, "Next")]
    assert parsed.text.startswith("## Next", parsed.headings[1].start)
    assert [parsed.text[start:end] for start, end in parsed.whole] == ["```sh\nls\n```", "import os\n\nprint('안녕')"]
    assert (parsed.title, parsed.hidden) == ("온돌 분석", "1 hidden passages: comments (1)")


def test_outputs_are_short_text():
    table = {"output_type": "execute_result", "data": {"text/html": "<table>", "text/plain": ["   a\n", "0  1"]}}
    picture = {"output_type": "display_data", "data": {"image/png": "iVBOR", "text/plain": "<Figure size 640x480>"}}
    error = {"output_type": "error", "ename": "KeyError", "evalue": "'a'", "traceback": ["\x1b[0;31m---"]}
    text = read_ipynb(make_notebook(code("x", table, picture, error, stream("y" * 5 + " z" * 5000))), "n").text
    assert text.startswith("x\n\n   a\n0  1\n\nKeyError: 'a'\n\nyyyyy z z")
    assert text.endswith(" …")
    assert len(text) < 1100
    encoded = read_ipynb(make_notebook(code("x", stream("data " + "A" * 5000))), "n").text
    assert encoded == "x\n\ndata …"


def test_a_notebook_of_before_2015_is_read():
    cells = [
        {"cell_type": "heading", "level": 2, "source": "Old"},
        {"cell_type": "code", "input": "1+1", "outputs": []},
    ]
    parsed = read_ipynb(json.dumps({"worksheets": [{"cells": cells}], "nbformat": 3}).encode(), "x")
    assert (parsed.text, parsed.title) == ("## Old\n\n1+1", "Old")


def test_the_title_is_that_of_the_notebook_or_of_the_file():
    assert read_ipynb(make_notebook("text", metadata={"title": "제목"}), "x").title == "제목"
    assert read_ipynb(make_notebook("text"), "파일").title == "파일"


@pytest.mark.parametrize(
    ("data", "message"),
    [(b"{", "The notebook is damaged: "), (b"[1]", "no notebook"), (b'{"a": 1}', "no notebook"),
     (b"[" * 100_000, "The notebook is damaged: "), (b'{"cells": {}}', "no notebook")],
)  # fmt: skip
def test_what_is_no_notebook_is_refused(data, message):
    with pytest.raises(UnusableInput, match=message):
        read_ipynb(data, "x")


def test_damaged_notebooks_never_hang():
    check_reader(read_ipynb, NOTEBOOK)


@pytest.mark.data
def test_a_real_notebook_is_read():
    path = DATA / "en_notebook.ipynb"
    if not path.exists():
        pytest.skip("shared/data/documents is not beside the checkout")
    parsed = read_ipynb(path.read_bytes(), "x")
    assert "# Test Notebook" in parsed.text
    assert parsed.title == "Test Notebook Title"
