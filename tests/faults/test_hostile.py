"""Files that are traps: the run goes on, each is added or has a reason, nothing outside the home is touched."""

import io
import json
import random
import runpy
import tarfile
import threading
import zipfile
from pathlib import Path

import psutil
import pytest

from ondol.ingest.add import add_documents
from ondol.ingest.formats import FORMATS
from ondol.ingest.messages import Failed
from ondol.ingest.process import Limits, ReaderProcess

tools = runpy.run_path(str(Path(__file__).with_name("conftest.py")))
DATA = Path(__file__).parents[3] / "shared" / "data" / "documents"
WEIGHTS = {".mp3", ".wav", ".m4a", ".flac", ".ogg", ".opus", ".aac", ".mp4", ".mkv", ".webm", ".mov"}
MOST_MB = 1500


def zipped(members, **options):
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w", zipfile.ZIP_DEFLATED, **options) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return data.getvalue()


def tarred(*names):
    data = io.BytesIO()
    with tarfile.open(fileobj=data, mode="w") as archive:
        for name in names:
            info = tarfile.TarInfo(name)
            info.size = 4
            archive.addfile(info, io.BytesIO(b"evil"))
        link = tarfile.TarInfo("link.txt")
        link.type, link.linkname = tarfile.SYMTYPE, "/etc/passwd"
        archive.addfile(link)
    return data.getvalue()


def nested(levels):
    data = b"the innermost text"
    for _ in range(levels):
        data = zipped({"inner.zip" if data[:2] == b"PK" else "inner.txt": data})
    return data


LAUGHS = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 12))
XML_BOMB = f'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY l0 "lol">{LAUGHS}]><x>&l11;</x>'
OUTSIDE_XML = '<?xml version="1.0"?><!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]><x>&e;</x>'
NAMES = (
    "../../evil.txt",
    "/tmp/evil.txt",
    "C:\\evil.txt",
    "a/" * 200 + "b.txt",
    "\u202etxt.exe.txt",
    "x\x01y.txt",
    "..",
    " ",
)

LOOP = (
    b"1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj 2 0 obj<</Type/Pages/Kids[2 0 R]/Count 99999>>endobj"
    b" trailer<</Root 1 0 R>>"
)


def traps():
    big = b"\0" * (280 << 20)
    yield "bomb.zip", zipped({"big.txt": big})
    yield "many.zip", zipped({f"{n}.txt": "x" for n in range(25_000)})
    yield "nested.zip", nested(12)
    yield "names.zip", zipped(dict.fromkeys(NAMES, "evil"))
    yield "names.tar", tarred("../../evil.txt", "/tmp/evil-tar.txt", "ok.txt")
    for suffix in (".docx", ".odt", ".epub", ".hwpx", ".pptx", ".xlsx"):
        parts = (
            "word/document.xml",
            "content.xml",
            "META-INF/container.xml",
            "Contents/section0.xml",
            "ppt/presentation.xml",
        )
        yield f"laughs{suffix}", zipped(dict.fromkeys(("[Content_Types].xml", *parts), XML_BOMB))
        yield f"outside{suffix}", zipped(dict.fromkeys(("[Content_Types].xml", *parts), OUTSIDE_XML))
        yield f"bomb{suffix}", zipped(dict.fromkeys(parts, big[: 40 << 20]))
    for suffix in (".xml", ".html", ".htm", ".mhtml"):
        yield f"laughs{suffix}", XML_BOMB.encode()
        yield f"outside{suffix}", OUTSIDE_XML.encode()
        yield f"deep{suffix}", b"<div>" * 50_000 + b"x"
    yield from texts()


def texts():
    yield "deep.json", b"[" * 60_000
    yield "wide.json", b'{"a":' * 100_000 + b"1" + b"}" * 100_000
    yield "deep.yaml", b"- " * 30_000
    yield (
        "aliases.yaml",
        b"a: &a [x, x]\n" + b"".join(b"%c: &%c [*%c, *%c, *%c]\n" % (n + 1, n + 1, n, n, n) for n in range(97, 121)),
    )
    yield "quotes.csv", b'"' * 200_000
    yield "wide.csv", b"," * 200_000
    yield "ticks.md", b"`" * 60_000
    yield "brackets.md", b"[" * 60_000
    yield "line.txt", b"a" * 8_000_000
    yield "marks.txt", b"e" + "\u0301".encode() * 1_000_000
    yield "bytes.pdf", b"%PDF-1.7\n" + bytes(range(256)) * 4000
    yield (
        "loop.pdf",
        b"%PDF-1.4\n" + LOOP,
    )
    yield (
        "deep.eml",
        b"Content-Type: multipart/mixed; boundary=x\n\n" + b"--x\nContent-Type: multipart/mixed; boundary=x\n\n" * 5000,
    )
    yield "deep.rtf", b"{\\rtf1" + b"{" * 100_000


def damaged(dice, count):
    """Copies of real files with bytes changed, cut, or put together of two."""
    seeds = [path for path in sorted(DATA.iterdir()) if path.suffix in FORMATS and path.stat().st_size < 300_000]
    for number in range(count):
        path, other = dice.choice(seeds), dice.choice(seeds)
        data = bytearray(path.read_bytes())
        for _ in range(dice.randrange(1, 40)):
            data[dice.randrange(len(data))] = dice.randrange(256)
        if number % 4 == 0:
            data = data[: dice.randrange(len(data))]
        elif number % 4 == 1:
            data = data[: len(data) // 2] + other.read_bytes()[dice.randrange(1000) :]
        yield f"damaged-{number}{path.suffix}", bytes(data)


def noise(dice):
    for suffix in sorted(FORMATS.keys() - WEIGHTS):
        yield f"noise{suffix}", dice.randbytes(3000)


class Watch(threading.Thread):
    """The most memory of a reader, MB; a child that has not become one yet still shows what this process has."""

    def __init__(self):
        super().__init__(daemon=True)
        self.most, self.over = 0.0, threading.Event()

    def run(self):
        me = psutil.Process()
        while not self.over.wait(0.05):
            for child in me.children(recursive=True):
                try:
                    if "ondol.ingest.worker" in child.cmdline():
                        self.most = max(self.most, child.memory_info().rss / 1e6)
                except psutil.Error:
                    continue


def check(tmp_path, files):
    folder, canary = tmp_path / "traps", tmp_path / "evil.txt"
    folder.mkdir()
    for name, data in files:
        (folder / name).write_bytes(data)
    for name in ("sparse.txt", "sparse.csv", "sparse.pdf", "sparse.zip"):
        with (folder / name).open("wb") as file:
            file.truncate(10 << 30)
    (folder / "good.txt").write_text("구들장을 데우면 방바닥이 따뜻해집니다.", encoding="utf-8")
    before, watch = {path.name for path in tmp_path.iterdir()}, Watch()
    watch.start()
    with tools["open_words_library"](tmp_path / "home") as library:
        report = add_documents(library, [folder])
        told = {Path(row["path"].removeprefix(f"{folder}/")).parts[0] for row in [*report.failed, *report.skipped]}
        added = {Path(row["source"].removeprefix(f"{folder}/")).parts[0] for row in library.source_rows()}
        assert library.verify() == []
        texts = [library.text(row["document_id"]) for row in library.source_rows()]
    watch.over.set()
    watch.join()
    assert {path.name for path in folder.iterdir()} <= told | added
    assert "good.txt" in added
    assert not [text for text in texts if "root:" in text], "a file outside was read"
    assert {path.name for path in tmp_path.iterdir()} == before | {"home"}
    assert not canary.exists()
    assert not Path("/tmp/evil.txt").exists()
    assert not Path("/tmp/evil-tar.txt").exists()
    assert 0 < watch.most < MOST_MB
    return report


def test_traps_stop_nothing(tmp_path):
    check(tmp_path, traps())


@pytest.mark.data
@pytest.mark.slow
def test_150_damaged_files_stop_nothing(tmp_path):
    if not DATA.is_dir():
        pytest.skip("the data folder is not beside the checkout")
    dice = random.Random(13)
    check(tmp_path, [*damaged(dice, 150), *noise(dice)])


@pytest.mark.parametrize(
    ("reader", "reason"),
    [
        ("import time; time.sleep(60)", "made no progress for 6 s"),
        ("import ctypes; ctypes.string_at(0)", "crashed the reader (SIGSEGV)"),
        ("import os; os._exit(3)", "ended before the file did (exit 3)"),
        ("x = [b'x' * (1 << 20) for _ in range(10**6)]", "takes more than 300 MB"),
    ],
    ids=["hangs", "crashes", "exits", "eats memory"],
)
def test_a_reader_that_fails_takes_its_process_with_it(tmp_path, monkeypatch, reader, reason):
    """`sitecustomize` in the worker replaces the reader of .log files."""
    (tmp_path / "sitecustomize.py").write_text(
        f"""import ondol.ingest.formats.txt as txt
def read_txt(data, name):
    {reader}
txt.read_txt = read_txt
""",
        encoding="utf-8",
    )
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    bad, good = tmp_path / "bad.log", tmp_path / "good.json"
    bad.write_text("text")
    good.write_text(json.dumps({"title": "온돌"}))
    process = ReaderProcess(tmp_path, Limits(memory_mb=300, silence_s=6), threading.Event())
    try:
        (said,) = process.read(bad, "")
        assert isinstance(said, Failed)
        assert reason in said.reason
        first, _ = process.read(good, "")
        assert "온돌" in first.parsed.text
    finally:
        process.close()
