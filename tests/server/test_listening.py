import stat

import pytest

from ondol.errors import BackendError, UsageError
from ondol.server.listening import address_of, find_token, is_wildcard, listen


def test_this_machine_needs_no_token(monkeypatch):
    monkeypatch.delenv("ONDOL_TOKEN", raising=False)
    for host in ("127.0.0.1", "localhost", "::1"):
        assert find_token(host, None) == ("", False)


def test_every_other_host_gets_a_new_token(monkeypatch):
    monkeypatch.delenv("ONDOL_TOKEN", raising=False)
    one, is_new = find_token("0.0.0.0", None)
    assert is_new
    assert one != find_token("192.168.1.20", None)[0]


def test_a_token_of_the_environment_counts_everywhere(monkeypatch):
    monkeypatch.setenv("ONDOL_TOKEN", "from-the-environment")
    assert find_token("127.0.0.1", None) == ("from-the-environment", False)


def test_a_tokens_file_is_made_for_its_owner_only(tmp_path):
    file = tmp_path / "token"
    token, is_new = find_token("127.0.0.1", file)
    assert (token, is_new) == (file.read_text().strip(), False)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert find_token("127.0.0.1", file)[0] == token


def test_an_empty_tokens_file_is_refused(tmp_path):
    (tmp_path / "token").write_text("\n")
    with pytest.raises(UsageError, match="no token"):
        find_token("127.0.0.1", tmp_path / "token")


def test_a_tokens_file_that_cannot_be_read_is_told(tmp_path):
    with pytest.raises(BackendError, match="cannot be read"):
        find_token("127.0.0.1", tmp_path)


def test_a_taken_port_is_told_with_the_way_out():
    with listen("127.0.0.1", 0) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(BackendError, match=f"127.0.0.1:{port} cannot be served") as refused:
            listen("127.0.0.1", port)
    assert "--port" in refused.value.hint


def test_a_host_that_is_not_here_is_told():
    with pytest.raises(BackendError, match="cannot be served"):
        listen("192.0.2.1", 0)


@pytest.mark.parametrize(
    ("host", "all_of_them"), [("0.0.0.0", True), ("::", True), ("127.0.0.1", False), ("box", False)]
)
def test_an_address_of_all_is_known(host, all_of_them):
    assert is_wildcard(host) is all_of_them


def test_the_address_names_the_port_that_was_taken():
    with listen("127.0.0.1", 0) as listener:
        assert address_of(listener, "127.0.0.1") == f"http://127.0.0.1:{listener.getsockname()[1]}/"
        assert address_of(listener, "::1").startswith("http://[::1]:")
