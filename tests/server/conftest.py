"""A small collection on fake parts, and `ondol mcp` as another program starts it."""

import http.client
import os
import socket
import sys
import threading
import time
from contextlib import contextmanager

import pytest
import uvicorn
from mcp import Client, StdioServerParameters

import ondol
from ondol.server.app import make_app
from ondol.server.engine import Engine
from ondol.server.listening import listen
from ondol.server.security import MIB, Access
from ondol.settings import Settings

TEXTS = {
    "museum.txt": "The museum opens at 9:30. It closes at 18:00 on weekdays.",
    "mill.md": "# 방앗간\n\n방앗간은 밀을 빻습니다. 입장료는 3,000원입니다.",
}


@pytest.fixture
def environment(tmp_path, monkeypatch):
    """Of the server: an empty home, fake models, English."""
    for name in [name for name in os.environ if name.startswith(("ONDOL_", "LC_", "LANG"))]:
        monkeypatch.delenv(name)
    values = {
        "ONDOL_HOME": str(tmp_path / "home"), "ONDOL_EMBEDDINGS": "fake:", "ONDOL_MODEL": "fake:", "ONDOL_LANG": "en",
        "XDG_CONFIG_HOME": str(tmp_path / "config"),
    }  # fmt: skip
    for name, value in values.items():
        monkeypatch.setenv(name, value)
    monkeypatch.chdir(tmp_path)
    return values


@pytest.fixture
def documents(tmp_path, environment):
    folder = tmp_path / "documents"
    folder.mkdir()
    for name, text in TEXTS.items():
        (folder / name).write_text(text, encoding="utf-8")
    return folder


@pytest.fixture
def filled(documents):
    with ondol.open_library(create=True) as library:
        ondol.add_documents(library, [str(documents)])
    return documents


@pytest.fixture
def connect(environment):
    """`async with connect("--allow-add") as client`: the official client and the server in a process of its own."""

    def start(*arguments):
        command = ["-m", "ondol.cli.main", "mcp", *map(str, arguments)]
        return Client(StdioServerParameters(command=sys.executable, args=command, env=environment))

    return start


TOKEN = "correct-horse-battery-staple"
JSON = {"Content-Type": "application/json"}


@contextmanager
def running(engine, access=None, *, host="127.0.0.1"):
    """The application on uvicorn in a thread; its address on this machine."""
    config = uvicorn.Config(
        make_app(engine, access),
        http="h11",
        log_config=None,
        access_log=False,
        server_header=False,
        ws="none",
        timeout_graceful_shutdown=2,
    )
    server = uvicorn.Server(config)
    with listen(host, 0) as listener:
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        while not server.started and thread.is_alive():
            time.sleep(0.01)
        try:
            yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        finally:
            server.should_exit = True
            thread.join()


@pytest.fixture
def serve():
    """`with serve(engine, access) as address`."""
    return running


SPECIAL = ["<unk>", "<s>", "<|im_start|>", "<|im_end|>"]
CHATML = (
    "{% for m in messages %}<|im_start|>{{ m.role }}\n{{ m.content }}<|im_end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)


@pytest.fixture
def base(tmp_path):
    """The spec of a small random network with a tokenizer that knows every byte."""
    torch, transformers = pytest.importorskip("torch"), pytest.importorskip("transformers")
    from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers

    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    known = Tokenizer(models.BPE(vocab={name: i for i, name in enumerate([*SPECIAL, *alphabet])}, merges=[]))
    known.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)
    known.decoder = decoders.ByteLevel()
    known.add_special_tokens([AddedToken(text, special=True, normalized=False) for text in SPECIAL])
    tokenizer = transformers.PreTrainedTokenizerFast(
        tokenizer_object=known, unk_token="<unk>", bos_token="<s>", eos_token="<|im_end|>", chat_template=CHATML
    )
    torch.manual_seed(1)
    config = transformers.LlamaConfig(
        hidden_size=32, intermediate_size=48, num_hidden_layers=2, num_attention_heads=4, num_key_value_heads=2,
        max_position_embeddings=512, bos_token_id=1, eos_token_id=3, pad_token_id=3, vocab_size=len(tokenizer),
    )  # fmt: skip
    folder = tmp_path / "base"
    transformers.LlamaForCausalLM(config).save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return f"hf:{folder}"


class Door:
    """Calls the server at `port` with exactly these headers."""

    def __init__(self, address):
        self.port = int(address.rpartition(":")[2])

    def __call__(self, method="GET", path="/health", body=None, **headers):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
        connection.putrequest(method, path, skip_host=True, skip_accept_encoding=True)
        given = {"Host": f"127.0.0.1:{self.port}", **{name.replace("_", "-"): value for name, value in headers.items()}}
        body = body.encode() if isinstance(body, str) else body
        if body is not None and "Content-Length" not in given and "Transfer-Encoding" not in given:
            given["Content-Length"] = str(len(body))
        for name, value in given.items():
            if value is not None:
                connection.putheader(name, value)
        connection.endheaders(body)
        response = connection.getresponse()
        text = response.read().decode("utf-8", "replace")
        connection.close()
        return response.status, response.headers, text

    def post(self, path, body, **headers):
        return self("POST", path, body, **{**JSON, **headers})

    def raw(self, sent):
        with socket.create_connection(("127.0.0.1", self.port), timeout=20) as connection:
            connection.sendall(sent.replace(b"HOST", f"127.0.0.1:{self.port}".encode()))
            connection.shutdown(socket.SHUT_WR)
            answer = b""
            while piece := connection.recv(65536):
                answer += piece
        return answer


@pytest.fixture(scope="module")
def stranger_settings(tmp_path_factory):
    return Settings(home=tmp_path_factory.mktemp("home"), embeddings="fake:", model="fake:")


@pytest.fixture(scope="module")
def door(stranger_settings):
    access = Access(hosts=("ondol.example",), body_bytes=MIB, upload_bytes=2 * MIB)
    with running(Engine(stranger_settings), access) as address:
        yield Door(address)


@pytest.fixture(scope="module")
def locked(stranger_settings):
    """The same behind a token."""
    with running(Engine(stranger_settings), Access(token=TOKEN)) as address:
        yield Door(address)
