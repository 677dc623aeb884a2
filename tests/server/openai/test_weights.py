"""Programs that people use ask `ondol serve` in a process of its own, which answers with the default models."""

import os
import re
import subprocess
import sys
from pathlib import Path

import openai
import pytest

import ondol
from ondol.settings import default_home

pytestmark = [pytest.mark.weights, pytest.mark.slow]
MODELS = default_home() / "models"
SAMPLES = Path(ondol.__file__).with_name("samples")
ASKED = [
    ("How much does a night in the hut cost guests?", "guests 15 euros"),
    ("온돌방에서 제일 따뜻한 자리는 어디예요?", "아랫목"),
]


@pytest.fixture(scope="module")
def address(tmp_path_factory):
    home = tmp_path_factory.mktemp("with models")
    (home / "models").symlink_to(MODELS)
    given = {name: value for name, value in os.environ.items() if not name.startswith("ONDOL_")}
    environment = {**given, "ONDOL_HOME": str(home), "ONDOL_LANG": "en"}
    program = [sys.executable, "-m", "ondol.cli.main"]
    subprocess.run([*program, "add", SAMPLES], env=environment, check=True, capture_output=True, timeout=300)
    command = [*program, "serve", "--port", "0"]
    with subprocess.Popen(command, env=environment, stderr=subprocess.PIPE, text=True) as process:
        try:
            yield re.search(r"http://[^ ;]+", process.stderr.readline())[0] + "v1"
        finally:
            process.terminate()
            process.communicate(timeout=60)


@pytest.mark.parametrize(("question", "words"), ASKED)
def test_openais_client_streams_a_cited_answer(address, question, words):
    with openai.OpenAI(base_url=address, api_key="none", timeout=300) as client:
        messages = [{"role": "user", "content": question}]
        chunks = list(client.chat.completions.create(model="ondol", messages=messages, stream=True))
    assert "[1]" in "".join(chunk.choices[0].delta.content or "" for chunk in chunks)
    assert any(words in row["quote"] for row in chunks[-1].citations)


@pytest.mark.parametrize(("question", "words"), ASKED)
def test_langchain_streams_a_cited_answer(address, question, words):
    langchain_openai = pytest.importorskip("langchain_openai")
    model = langchain_openai.ChatOpenAI(model="ondol", base_url=address, api_key="none", timeout=300)
    text = "".join(chunk.text for chunk in model.stream(question))
    assert words in text
    assert "[1]" in text


@pytest.mark.parametrize(("question", "words"), ASKED)
def test_llm_streams_a_cited_answer(address, tmp_path, question, words):
    program = Path(sys.executable).with_name("llm")
    if not program.exists():
        pytest.skip("llm is not installed")
    rows = f"- model_id: my-documents\n  model_name: ondol\n  api_base: {address}\n"
    (tmp_path / "extra-openai-models.yaml").write_text(rows)
    told = subprocess.run(
        [program, "-m", "my-documents", "--key", "none", question], env={**os.environ, "LLM_USER_PATH": str(tmp_path)},
        capture_output=True, text=True, timeout=300, stdin=subprocess.DEVNULL,
    )  # fmt: skip
    assert words in told.stdout, told.stderr
    assert "[1]" in told.stdout
