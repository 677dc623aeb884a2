"""Coming from a tutorial: every block of the page runs, and its two languages say the same."""

import json
import re
import shutil
from importlib.util import find_spec
from pathlib import Path

import pytest

import ondol
from ondol.models import MODELS
from tests.agents.scripted import Scripted, call

ROOT = Path(__file__).parents[2]
ENGLISH, KOREAN = (ROOT / "docs" / f"coming-from-a-tutorial{suffix}.md" for suffix in ("", ".ko"))
SECTION = re.compile(r"^## ([^\n]+)\n(.*?)(?=^## |\Z)", re.MULTILINE | re.DOTALL)
BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
ROW = re.compile(r"^\| (?!---)(.+) \|$", re.MULTILINE)
STANDS_ON = "What the blocks stand on"
QUICK = "fake:Warm stones."
SAYS = {"Several steps": "fake:긍정", "An answer from documents": "fake:RAG looks passages up. They fly."}
"""What the chat model of a block replies where it is not `QUICK`."""
AGENT = [call(("calculator", {"expression": "17 % of 3,400"})), "It is 578."]
PRINTED = {
    "A model": "",
    "Text without the prompt": r"Warm stones\. stop\n",
    "A step of a chain": r"Warm stones\.\n",
    "Prompts": r"1 2 Warm stones\.\n",
    "Several steps": r"positive\n",
    "A long text": r"Warm stones\.\n",
    "Files": r"1 Tin Lantern Repair Café\n[\s\S]*^2 How a visit goes\n[\s\S]*",
    "Chunks that know their place": r"(\d+ \d+ \S[\s\S]*\n)+",
    "Embeddings": "",
    "A store": r"2\n",
    "A store on disk": r"임베딩은 글을 .*\n",
    "Search": r"[\s\S]*^2 0\.\d+ A borrowed tool may stay out for 14 days\n[\s\S]*",
    "An answer from documents": r"RAG looks passages up\. \[1\]\n1 rag\.txt RAG looks .* answers from them\.\n",
    "A conversation": r"Warm stones\. \[.*Mina.*\]\n",
    "A conversation in your own graph": r"Warm stones\.\n",
    "An agent": r"It is 578\. \[\('calculator', '.* = 578'\)\]\n",
    "Tools": r".*\('calculator', 'read'\).*\('search_documents', 'read'\).*\n35000 \* 12 = 420000\n",
    "Teaching a model": r"[\s\S]*2 examples[\s\S]*",
    "Code of a model": r"The model in .* ondol runs no code of a model\. .*GGUF.*\n",
}  # fmt: skip


def sections(path):
    return dict(SECTION.findall(path.read_text(encoding="utf-8")))


def blocks(text, kind="python"):
    return [code for name, code in BLOCK.findall(text) if name == kind]


def anchor(title):
    return re.sub(r"[^\w -]", "", title.lower()).replace(" ", "-")


def cells(path):
    """The table's rows without its head."""
    return [row.split(" | ") for row in ROW.findall(path.read_text(encoding="utf-8"))[1:]]


@pytest.fixture
def stand_ins(tmp_path, monkeypatch):
    """A folder with the files that the blocks read, and models that need no weights."""
    monkeypatch.chdir(tmp_path)
    for name, value in {"HOME": str(tmp_path / "home"), "EMBEDDINGS": "fake:", "LANG": "en"}.items():
        monkeypatch.setenv(f"ONDOL_{name}", value)
    shutil.copy(ROOT / "ondol" / "samples" / "en" / "repair-cafe.pdf", tmp_path / "handbook.pdf")
    (tmp_path / "path/with/code").mkdir(parents=True)
    (tmp_path / "path/with/code/config.json").write_text(json.dumps({"model_type": "odd", "auto_map": {"a": "b.C"}}))
    open_model, open_embeddings = ondol.open_model, ondol.open_embeddings

    def use(title):
        def open_stand_in(spec, **options):
            assert spec.partition(":")[0] in MODELS
            if spec == "llama.cpp:qwen3-1.7b":
                return Scripted(says=AGENT)
            return open_model(spec if "with/code" in spec else SAYS.get(title, QUICK))

        monkeypatch.setattr(ondol, "open_model", open_stand_in, raising=False)
        monkeypatch.setattr(ondol, "open_embeddings", lambda spec: open_embeddings("fake:"), raising=False)

    return use


TITLES = [
    # it imports torch
    pytest.param(title, id=anchor(title), marks=pytest.mark.slow if title == "Code of a model" else ())
    for title, body in sections(ENGLISH).items()
    if blocks(body) and title != STANDS_ON
]


@pytest.mark.parametrize("title", TITLES)
def test_a_block_runs_and_prints_what_it_should(title, stand_ins, capsys):
    page = sections(ENGLISH)
    stand_ins(title)
    names = {}
    for code in (*blocks(page[STANDS_ON]), *blocks(page[title])):
        exec(compile(code, title, "exec"), names)
    for value in names.values():
        if not isinstance(value, type) and callable(close := getattr(value, "close", None)):
            close()
    assert re.fullmatch(PRINTED[title], capsys.readouterr().out, re.MULTILINE)


def test_no_block_is_left_out():
    assert {*PRINTED, STANDS_ON} == {title for title, body in sections(ENGLISH).items() if blocks(body)}


def test_both_languages_have_the_same_blocks_in_the_same_sections():
    english, korean = (list(sections(path).values()) for path in (ENGLISH, KOREAN))
    assert [BLOCK.findall(body) for body in english] == [BLOCK.findall(body) for body in korean]


def test_both_tables_name_the_same_and_lead_to_the_same_sections():
    english, korean = cells(ENGLISH), cells(KOREAN)
    assert [row[0] for row in english] == [row[0] for row in korean]
    places = []
    for path, rows in ((ENGLISH, english), (KOREAN, korean)):
        known = [anchor(title) for title in sections(path)]
        places.append([known.index(target) for row in rows for target in re.findall(r"\]\(#([^)]+)\)", row[2])])
    assert len(places[0]) == len(english)
    assert places[0] == places[1]


@pytest.mark.parametrize("module", ["chains", "memory", "llms", "document_loaders", "text_splitter", "vectorstores"])
def test_what_tutorials_import_is_gone(module):
    assert find_spec(f"langchain.{module}") is None


def test_the_figures_are_those_of_the_benchmarks():
    row = next(row[1] for row in cells(ENGLISH) if "MiniLM" in row[0])
    measured = (ROOT / "docs/benchmarks.md").read_text(encoding="utf-8")
    (section,) = re.findall(r"### Korean: 1,256 passages, 150 questions\n(.*?)\n### ", measured, re.DOTALL)
    for model in ("MiniLM-L6", "e5-small"):
        (figure,) = re.findall(rf"\| LangChain \+ Chroma \| {model} \| dense \| ([\d.]+)", section)
        assert figure in row
