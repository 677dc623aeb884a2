"""No path leads out of the allowed folders, whatever it is called and whatever stands in them."""

import hashlib
import os
import socket
import threading
import time

import pytest

from ondol.agents.tools.files import make_find_in_files, make_list_files, make_read_file

SECRET = "the-secret-words"


@pytest.fixture
def home(tmp_path):
    """`open` may be read; everything else holds the secret, and links in `open` lead to it."""
    home = tmp_path / "home"
    inside, outside = home / "open", home / "closed"
    (inside / "sub").mkdir(parents=True)
    outside.mkdir()
    for place in (outside, home, home / "open-also"):
        place.mkdir(exist_ok=True)
        (place / "secret.txt").write_text(SECRET, encoding="utf-8")
    for name in (".env", ".ssh/id_rsa", "sub/.hidden.txt", ".git/config", "..odd", "~$draft.txt"):
        (inside / name).parent.mkdir(exist_ok=True)
        (inside / name).write_text(SECRET, encoding="utf-8")
    (inside / "fine.txt").write_text("fine", encoding="utf-8")
    (inside / "file-link.txt").symlink_to(outside / "secret.txt")
    (inside / "near-link.txt").symlink_to("../closed/secret.txt")
    (inside / "folder-link").symlink_to(outside)
    (inside / "up-link").symlink_to("..")
    (inside / "root-link").symlink_to("/")
    (inside / "proc-link").symlink_to("/proc/self")
    (inside / "chain-link").symlink_to("folder-link")
    (inside / "loop-link").symlink_to("loop-link")
    (inside / "null-link").symlink_to("/dev/zero")
    os.mkfifo(inside / "pipe.txt")
    return home


def state(home):
    return {
        str(path): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in home.rglob("*")
        if path.is_file() and not path.is_symlink()
    }


ESCAPES = [
    "../closed/secret.txt", "open/../closed/secret.txt", "sub/../../closed/secret.txt", "./../secret.txt", "..", "../",
    "open/..", "sub/..//..//secret.txt", "..\\closed\\secret.txt", "sub\\..\\..\\secret.txt", "{home}/secret.txt",
    "{home}/closed/secret.txt", "{home}/open/../secret.txt", "{home}/open-also/secret.txt", "/{home}/secret.txt",
    "{home}/./closed/secret.txt", "file://{home}/secret.txt", "/etc/passwd", "//etc/passwd", "/proc/self/environ",
    "/proc/self/fd/0", "/proc/self/root{home}/secret.txt", "/dev/zero", "/dev/stdin", "/dev/fd/0", "/sys/kernel/notes",
    "~/.bashrc", "~root/.bashrc", "$HOME/secret.txt", "${{HOME}}/secret.txt", "`cat /etc/passwd`", "|cat /etc/passwd",
    "%2e%2e/secret.txt", "..%2fsecret.txt", "%2e%2e%2fsecret.txt", "..%c0%afsecret.txt", "..;/secret.txt",
    "．．/secret.txt", "‥/secret.txt", "..\u200b/secret.txt", ".\u200d./secret.txt", "\u2060../secret.txt",
    "..／secret.txt", "open／..／secret.txt", "..＼secret.txt",
    "fine.txt\0/../../secret.txt", "../secret.txt\0fine.txt",
    "fine.txt\n../secret.txt", ".env", "open/.env", ".ENV", ".ssh/id_rsa", "sub/.hidden.txt", ".git/config", "..odd",
    "\u200b.env", "．env", " .env", "~$draft.txt", "file-link.txt", "near-link.txt", "folder-link/secret.txt",
    "up-link/secret.txt", "up-link/closed/secret.txt", "root-link/etc/passwd", "proc-link/environ",
    "chain-link/secret.txt", "loop-link", "null-link", "folder-link", "open/folder-link/../secret.txt", "pipe.txt",
    "open/" * 150 + "../" * 151 + "secret.txt", "x" * 5000, "sub/" * 400 + "a", "OPEN/../secret.txt", "C:\\secret.txt",
    "\\\\host\\share\\secret.txt", "", "/", ".",
]  # fmt: skip


@pytest.mark.parametrize("path", ESCAPES, ids=lambda path: repr(path)[:40])
@pytest.mark.parametrize("make", [make_read_file, make_list_files, make_find_in_files], ids=lambda make: make.__name__)
def test_no_path_leads_out(home, make, path):
    before = state(home)
    path = path.replace("{{", "{").replace("}}", "}").replace("{home}", str(home))
    tool = make([home / "open"])
    started = time.monotonic()
    text = tool.invoke(
        {"text": SECRET, "folder": path} if make is make_find_in_files else {"path": path, "folder": path}
    )
    assert time.monotonic() - started < 2
    assert SECRET not in text
    assert "root:" not in text
    assert "secret.txt (" not in text
    if make is make_read_file:
        assert text.startswith("Error: ")
    assert state(home) == before


def test_nothing_hidden_and_no_link_is_listed_or_found(home):
    assert make_list_files([home / "open"]).invoke({}) == "open/sub/\nopen/fine.txt (4 bytes)"
    assert make_list_files([home / "open"]).invoke({"folder": "sub"}) == "The folder is empty."
    assert make_find_in_files([home / "open"]).invoke({"text": SECRET}) == "No places in 1 files."


def test_a_folder_that_turns_into_a_link_is_not_followed(home):
    tool, sub = make_read_file([home / "open"]), home / "open" / "sub"
    (sub / "secret.txt").write_text("harmless", encoding="utf-8")
    assert "harmless" in tool.invoke({"path": "sub/secret.txt"})
    (sub / "secret.txt").unlink()
    (sub / ".hidden.txt").unlink()
    sub.rmdir()
    sub.symlink_to(home / "closed")
    assert tool.invoke({"path": "sub/secret.txt"}) == "Error: open/sub is a link, and links are not followed."


def test_a_race_between_a_folder_and_a_link_is_never_won(home):
    """A thread swaps a folder and a link to the secret as fast as it can."""
    place, real, link = home / "open" / "swap", home / "real", home / "link"
    real.mkdir()
    (real / "secret.txt").write_text("harmless", encoding="utf-8")
    link.symlink_to(home / "closed")
    real.rename(place)
    ended = threading.Event()

    def swap():
        while not ended.is_set():
            place.rename(real)
            link.rename(place)
            place.rename(link)
            real.rename(place)

    thread = threading.Thread(target=swap)
    thread.start()
    try:
        tool = make_read_file([home / "open"])
        texts = [tool.invoke({"path": "swap/secret.txt"}) for _ in range(300)]
    finally:
        ended.set()
        thread.join()
    assert not any(SECRET in text for text in texts)


def test_an_allowed_folder_that_becomes_a_link_is_not_followed(home):
    folder = home / "later"
    folder.mkdir()
    tool = make_read_file([folder])
    folder.rmdir()
    folder.symlink_to(home / "closed")
    assert tool.invoke({"path": "secret.txt"}) == "Error: later is a link, and links are not followed."


def test_a_socket_is_no_file(home, monkeypatch):
    monkeypatch.chdir(home / "open")
    with socket.socket(socket.AF_UNIX) as server:
        server.bind("talk.txt")
        text = make_read_file([home / "open"]).invoke({"path": "talk.txt"})
    assert text == "Error: open/talk.txt is neither a file nor a folder."
