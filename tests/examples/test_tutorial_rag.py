"""The tutorial's example as script and notebook: the same code, and answers without the prompt in them."""

import ast
import json
import re
import runpy
from pathlib import Path

import pytest

import ondol
from ondol.ingest.sentences import split_sentences
from ondol.settings import load_settings

ROOT = Path(__file__).parents[2]
SCRIPT, NOTEBOOK = (ROOT / "examples" / f"tutorial_rag.{suffix}" for suffix in ("py", "ipynb"))
MODELS = load_settings().home / "models"
WEIGHTS = [
    pytest.mark.slow,
    pytest.mark.weights,
    *(
        pytest.mark.skipif(not (MODELS / name).is_dir(), reason=f"{name} is not here")
        for name in ("gemma-3-270m", "multilingual-e5-small")
    ),
]
EXPECTED = {"What is RAG?": "retrieval-augmented generation", "RAG는 무엇인가요?": "검색 증강 생성"}
PROMPT = re.compile(r"Sources:|Question:|Context|Helpful Answer|자료:|질문:|답:")
"""Words that stand in prompts and in no answer."""


@pytest.fixture(scope="module")
def cells():
    return json.loads(NOTEBOOK.read_text(encoding="utf-8"))["cells"]


def code_of(cells):
    return ["".join(cell["source"]) for cell in cells if cell["cell_type"] == "code"]


def stored_output(cells):
    return "".join(text for cell in cells for output in cell.get("outputs", []) for text in output["text"])


def check_answers(printed):
    """Two answers that say what is asked, each sentence once, and nothing of a prompt."""
    found = dict(re.findall(r"^Q: (.+)\nA: (.+)$", printed, re.MULTILINE))
    assert found.keys() == EXPECTED.keys()
    for question, answer in found.items():
        assert EXPECTED[question] in answer
        assert question not in answer
        assert not PROMPT.search(answer)
        bare = re.sub(r"[“”]|\s*\[\d+\]", "", answer)
        said = [bare[start:end] for start, end in split_sentences(bare)]
        assert len(said) == len(set(said))
    assert printed.count("[1] rag, characters 0–") == 2


def run_script():
    runpy.run_path(str(SCRIPT), run_name="__main__")


def run_cells():
    names = {}
    for code in code_of(json.loads(NOTEBOOK.read_text(encoding="utf-8"))["cells"]):
        exec(compile(code, NOTEBOOK.name, "exec"), names)


@pytest.mark.parametrize("run", [run_script, run_cells], ids=["script", "notebook"])
def test_it_answers_without_weights(run, monkeypatch, capsys):
    open_model, open_embeddings = ondol.open_model, ondol.open_embeddings
    monkeypatch.setattr(ondol, "open_model", lambda spec: open_model("fake:"), raising=False)
    monkeypatch.setattr(ondol, "open_embeddings", lambda spec: open_embeddings("fake:"), raising=False)
    run()
    check_answers(capsys.readouterr().out)


@pytest.mark.parametrize("run", [pytest.param(run, marks=WEIGHTS, id=run.__name__) for run in (run_script, run_cells)])
def test_it_answers_with_the_default_models_as_page_and_notebook_show(run, cells, capsys):
    run()
    printed = capsys.readouterr().out
    check_answers(printed)
    assert printed == stored_output(cells)


def test_page_and_notebook_show_the_same_output(cells):
    page = (ROOT / "docs/coming-from-a-tutorial.md").read_text(encoding="utf-8")
    (shown,) = re.findall(r"^```text\n(.*?)^```$", page, re.MULTILINE | re.DOTALL)
    assert shown == stored_output(cells)
    check_answers(shown)


def test_script_and_notebook_have_the_same_statements(cells):
    statements = []
    for node in ast.parse(SCRIPT.read_text(encoding="utf-8")).body[1:]:  # behind the docstring
        match node:
            case ast.FunctionDef(name="main"):
                statements += node.body
            case ast.If():
                pass
            case _:
                statements.append(node)
    shown = [node for code in code_of(cells) for node in ast.parse(code).body]
    assert [ast.dump(node) for node in statements] == [ast.dump(node) for node in shown]


def test_the_script_is_short():
    assert len(SCRIPT.read_text(encoding="utf-8").splitlines()) < 60


def test_the_notebook_has_the_form_of_version_4_5(cells):
    notebook = json.loads(NOTEBOOK.read_text(encoding="utf-8"))
    assert {"cells", "metadata", "nbformat", "nbformat_minor"} == notebook.keys()
    assert (notebook["nbformat"], notebook["nbformat_minor"]) == (4, 5)
    assert len({cell["id"] for cell in cells}) == len(cells)
    for cell in cells:
        more = {"execution_count", "outputs"} if cell["cell_type"] == "code" else set()
        assert cell.keys() == {"cell_type", "id", "metadata", "source"} | more
        assert re.fullmatch(r"[a-zA-Z0-9_-]{1,64}", cell["id"])
        assert all(line.endswith("\n") for line in cell["source"][:-1])
