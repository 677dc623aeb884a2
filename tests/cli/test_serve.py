"""What `ondol serve` hands on; the serving itself is tested in tests/server."""

from pathlib import Path

import pytest
from typer.testing import CliRunner

from ondol.cli.main import app


@pytest.fixture
def served(monkeypatch):
    """The arguments of the call, and the address told."""
    calls = []

    def serve_http(settings, **given):
        calls.append((settings, given))
        given["ready"]("http://127.0.0.1:8088/", "" if given["host"] == "127.0.0.1" else "secret")

    monkeypatch.setattr("ondol.cli.serve.resolve", lambda *_, **__: serve_http)
    monkeypatch.setattr("webbrowser.open", lambda address: calls.append(address))
    monkeypatch.setenv("ONDOL_LANG", "en")
    return calls


def test_it_is_for_this_machine_unless_told_otherwise(served):
    told = CliRunner().invoke(app, ["serve"])
    [(_, given)] = served
    assert (given["host"], given["port"], given["allowed_hosts"], given["token_file"]) == ("127.0.0.1", 8088, (), None)
    assert "Serving http://127.0.0.1:8088/; Ctrl-C ends it." in told.output


def test_what_was_named_is_handed_on(served, tmp_path):
    options = ["--host", "0.0.0.0", "--port", "9", "--allow-host", "box", "--allow-host", "box.lan", "--parallel", "2"]
    CliRunner().invoke(app, ["serve", *options, "--token-file", str(tmp_path / "t"), "-m", "fake:", "-o", "context=9"])
    [(settings, given)] = served
    assert settings.model == "fake:"
    assert given["allowed_hosts"] == ("box", "box.lan")
    assert (given["parallel"], given["token_file"], given["options"]) == (2, Path(tmp_path / "t"), {"context": 9})


def test_the_token_is_shown_in_the_address_that_opens_the_page(served):
    told = CliRunner().invoke(app, ["serve", "--host", "0.0.0.0", "--open"])
    assert "/?token=secret;" in told.output
    assert served[-1] == "http://127.0.0.1:8088/?token=secret"
