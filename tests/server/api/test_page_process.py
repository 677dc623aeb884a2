"""Pages are drawn by a process: what hangs or dies takes that process with it, and the next page has another."""

import hashlib
import os
import subprocess
import sys
import textwrap
import threading
import time
from contextlib import suppress
from dataclasses import replace

import psutil
import pytest

from ondol.errors import NotFound, UnusableInput
from ondol.library.rows import Source
from ondol.server.api.page_process import PageProcesses, Wanted
from ondol.server.errors import Busy
from tests.ingest.formats.conftest import write_pdf

PDF = write_pdf([[(72, 700, "The mill opens at nine.")]])
PAGE = Wanted(number=1, width=300, text="", marked=(0, 0))
TRAPS = """
    import os, signal, sys, time
    from ondol.ingest import child

    with child.answers() as out:
        for line in sys.stdin.buffer:
            if b"/hangs.pdf" in line:
                signal.signal(signal.SIGTERM, signal.SIG_IGN)
                time.sleep(600)
            elif b"/dies.pdf" in line:
                os.kill(os.getpid(), signal.SIGSEGV)
            elif b"/ends.pdf" in line:
                sys.exit(7)
            leaves = b"/leaves.pdf" in line
            child.send(out, b"%s\\x89PNG %d" % (b"-" if leaves else b"+", os.getpid()))
            if leaves:
                sys.exit()
"""


@pytest.fixture
def source(tmp_path):
    """`source("hangs.pdf")`: a PDF as the library knows it."""

    def make(name="mill.pdf", data=PDF):
        path = tmp_path / name
        path.write_bytes(data)
        known = {"document_id": "1", "source": str(path), "place": str(path), "format": "pdf", "bytes": len(data)}
        rest = {
            field: 0 if kind == "int" else "" for field, kind in Source.__annotations__.items() if field not in known
        }
        return Source(**{**rest, **known})

    return make


@pytest.fixture
def traps(tmp_path, monkeypatch):
    """Processes that answer with their number, except to files called after what they do."""
    (tmp_path / "traps.py").write_text(textwrap.dedent(TRAPS), encoding="utf-8")
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(tmp_path), *sys.path]))
    opened = PageProcesses(threading.Event(), command=("traps",), longest_s=3)
    yield opened
    opened.close()


def children():
    return [one for one in psutil.Process().children() if "traps" in one.cmdline()]


def test_one_process_draws_page_after_page(traps, source):
    assert traps.draw(source(), "", PAGE) == traps.draw(source(), "", PAGE)
    assert len(children()) == 1
    traps.close()
    assert children() == []


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("hangs.pdf", "made no progress for 3 s"), ("dies.pdf", "crashed the reader (SIGSEGV)"),
        ("ends.pdf", "ended before the file did (exit 7)"),
    ],
)  # fmt: skip
def test_a_page_that_takes_its_process_down_is_told_and_the_next_one_is_drawn(traps, source, name, reason):
    first = traps.draw(source(), "", PAGE)
    with pytest.raises(UnusableInput) as told:
        traps.draw(source(name), "", PAGE)
    assert reason in told.value.message
    assert "Its text is in the library" in told.value.hint
    second = traps.draw(source(), "", PAGE)
    assert second.startswith(b"\x89PNG")
    assert second != first
    assert len(children()) == 1


def test_a_process_that_has_grown_ends_and_the_next_page_has_another(traps, source):
    last = traps.draw(source("leaves.pdf"), "", PAGE)
    assert traps.draw(source(), "", PAGE) not in (last, b"")


def test_what_the_parent_has_is_not_the_childs_growth():
    kept = bytearray(700 << 20)
    kept[::4096] = b"x" * len(kept[::4096])
    program = "from ondol.ingest import child; print(child.has_grown(500), child.has_grown(1))"
    said = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout
    assert (said, len(kept)) == ("False True\n", 700 << 20)


def test_a_page_that_hangs_keeps_no_other_one_waiting(traps, source):
    def draw():
        with suppress(UnusableInput):
            traps.draw(source("hangs.pdf"), "", PAGE)

    thread = threading.Thread(target=draw)
    thread.start()
    while not children():
        time.sleep(0.01)
    assert traps.draw(source(), "", PAGE).startswith(b"\x89PNG")
    assert thread.is_alive()
    thread.join()


def test_the_end_of_the_server_ends_a_page_that_hangs(tmp_path, source, monkeypatch):
    (tmp_path / "traps.py").write_text(textwrap.dedent(TRAPS), encoding="utf-8")
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(tmp_path), *sys.path]))
    stopping = threading.Event()
    pages = PageProcesses(stopping, command=("traps",), longest_s=60)
    threading.Timer(1.0, stopping.set).start()
    began = time.monotonic()
    with pytest.raises(UnusableInput, match="The run was stopped"):
        pages.draw(source("hangs.pdf"), "", PAGE)
    assert time.monotonic() - began < 10
    with pytest.raises(Busy):
        pages.draw(source(), "", PAGE)
    pages.close()
    assert children() == []


def test_a_process_that_hangs_does_not_outlive_a_server_that_was_killed(tmp_path):
    program = "import sys, time; from ondol.ingest import child; child.limit_silence(0.5); time.sleep(60)"
    assert subprocess.run([sys.executable, "-c", program], timeout=30, check=False).returncode < 0


@pytest.fixture
def pages():
    opened = PageProcesses(threading.Event())
    yield opened
    opened.close()


def test_mistakes_come_back_as_they_were(pages, source):
    whole = source()
    sha256 = hashlib.sha256(PDF).hexdigest()
    assert pages.draw(whole, sha256, PAGE).startswith(b"\x89PNG")
    with pytest.raises(NotFound, match="has no page 9"):
        pages.draw(whole, sha256, Wanted(number=9, width=300, text="", marked=(0, 0)))
    with pytest.raises(NotFound, match="was changed"):
        pages.draw(whole, "0" * 64, PAGE)
    broken = source("broken.pdf", b"%PDF-1.4 nothing")
    with pytest.raises(UnusableInput, match="The PDF is damaged"):
        pages.draw(broken, hashlib.sha256(b"%PDF-1.4 nothing").hexdigest(), PAGE)


def test_a_file_that_the_memory_is_too_small_for_is_told_and_the_next_one_is_drawn(pages, source, tmp_path):
    large = source("large.pdf", b"%PDF-1.4")
    with (tmp_path / "large.pdf").open("r+b") as file:
        file.truncate(8 << 30)  # a hole, which takes no room on the disk
    with pytest.raises(UnusableInput, match="more than 2048 MB of memory"):
        pages.draw(replace(large, bytes=8 << 30), "0" * 64, PAGE)
    assert pages.draw(source(), hashlib.sha256(PDF).hexdigest(), PAGE).startswith(b"\x89PNG")
