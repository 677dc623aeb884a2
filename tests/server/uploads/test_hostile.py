"""Uploads that mean harm or are broken: each has one clear answer, none is a mistake of the server."""

import io
import zipfile

import pytest

from ondol.server.uploads import form as form_module
from ondol.server.uploads.keep import uploads_folder

TEXT = b"The mill grinds corn."
PNG = b"\x89PNG\r\n\x1a\n" + bytes(64)
NAMES = [
    "../../../evil.txt", "/etc/evil.txt", "..\\..\\evil.txt", "C:\\evil.txt", "....//evil.txt", "evil\x00.txt",
    "~/evil.txt", "a" * 300 + ".txt", "가" * 300 + ".txt", "CON.txt", "aux.md", "COM1.txt", ".hidden.txt", "evil.txt ",
    "evil\u202etxt.txt", b"\xff\xfe\xfd.txt", b"\xb9\xe6\xbe\xd1\xb0\xa3.txt", "%2e%2e%2fevil.txt", "<script>.txt",
    "$(touch evil).txt", "*.txt", "[a-z].txt", "-rf.txt", "a;b.txt",
]  # fmt: skip


@pytest.mark.parametrize("name", NAMES, ids=[ascii(name)[:40] for name in NAMES])
def test_a_file_with_any_name_lies_in_its_folder_and_nowhere_else(send, engine, tmp_path, name):
    before = {path for path in tmp_path.rglob("*") if path.is_file()}
    response = send((name, TEXT))
    assert response.status_code == 202, response.text
    [row] = response.json()["files"]
    assert row["status"] == "kept"
    folder = uploads_folder(engine.settings.home, "main")
    made = {path for path in tmp_path.rglob("*") if path.is_file()} - before
    made = {path for path in made if not path.name.startswith("jobs.sqlite")}
    assert made == {folder / row["name"]}
    assert (folder / row["name"]).read_bytes() == TEXT


def zipped(*names, content=TEXT):
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in names:
            archive.writestr(name, content)
    return packed.getvalue()


WRONG = {
    "no extension": ("report", TEXT, "cannot be read"), "program": ("a.exe", b"MZ\x90\0", "cannot be read"),
    "dot only": ("..", TEXT, "no name"), "no name": ("", TEXT, "no name"), "empty": ("a.txt", b"", "empty"),
    "blank": ("a.txt", b" \n\n", "empty"), "text as pdf": ("a.pdf", TEXT, "not what the name says"),
    "text as docx": ("a.docx", TEXT, "not what the name says"), "pdf as docx": ("a.docx", b"%PDF-1.7", "not what"),
    "zip as pdf": ("a.pdf", zipped("a.txt"), "not what"), "picture as pdf": ("a.pdf", PNG, "not what"),
    "text as picture": ("a.png", TEXT, "not what"), "program as text": ("a.txt", b"MZ\x90\0\3\0\0\0", "binary"),
    "program as code": ("a.py", b"\x7fELF\2\1\1\0", "binary"), "pdf as text": ("a.txt", b"%PDF-1.7\n%", "binary"),
    "zip as markdown": ("a.md", zipped("a.txt"), "binary"), "text as recording": ("a.mp3", TEXT, "not what"),
    "text as archive": ("a.zip", TEXT, "not what"), "text as hwp": ("a.hwp", TEXT, "not what"),
    "script of a shell": ("a.command", TEXT, "cannot be read"),
    "control characters": ("a.csv", b"\1\2\3" * 99, "binary"),
    "old word": ("a.doc", b"\xd0\xcf\x11\xe0" + bytes(99), "cannot be read"),
    "link": ("a.lnk", b"L\0", "cannot be read"),
}  # fmt: skip


@pytest.mark.parametrize(("name", "content", "reason"), WRONG.values(), ids=WRONG)
def test_a_wrong_file_is_refused_with_its_reason_and_stops_no_other(send, uploads, name, content, reason):
    alone = send((name, content))
    if name or content:
        assert alone.status_code == 422
        assert reason in alone.json()["error"]["message"]
    response = send((name, content), ("good.txt", TEXT))
    assert response.status_code == 202
    rows = response.json()["files"]
    assert [row["status"] for row in rows] == ["refused", "kept"]
    assert reason in rows[0]["reason"]
    assert response.json()["job"]["request"]["files"] == ["good.txt"]
    assert [path.name for path in uploads.rglob("*") if path.is_file()] == ["good.txt"]


def test_the_reason_is_told_in_the_language_of_who_sent_it(send):
    response = send(("a.txt", b""), ("b.txt", TEXT), **{"accept-language": "ko"})
    assert response.json()["files"][0]["reason"] == "빈 파일입니다."


TRUE = {
    "korean text": ("방앗간.txt", "방앗간은 밀을 빻습니다.".encode()),
    "cp949": ("a.txt", "방앗간은 밀을 빻습니다".encode("cp949")),
    "utf-16": ("a.txt", "방앗간".encode("utf-16")), "a word that looks like a program": ("a.txt", "MZ세대는".encode()),
    "another": ("a.md", b"BM is a word, as ID3 and OggS are"), "mail with bytes": ("a.eml", b"Subject: a\n\n\0\1\xff"),
    "pdf": ("a.pdf", b"\n%PDF-1.4\n%\xe2\xe3"), "archive": ("a.zip", zipped("b.txt")), "code": ("a.py", b"print(1)"),
    "wav": ("a.wav", b"RIFF\0\0\0\0WAVEfmt "), "mp3": ("a.mp3", b"\xff\xfb\x90\x64" + bytes(32)),
    "webp": ("a.webp", b"RIFF\0\0\0\0WEBPVP8 "), "mp4": ("a.mp4", b"\0\0\0\x20ftypisom"),
    "latin": ("a.html", b"caf\xe9"),
    "upper case": ("A.TXT", TEXT), "encrypted": ("a.docx", b"\xd0\xcf\x11\xe0" + bytes(99)),
}  # fmt: skip


@pytest.mark.parametrize(("name", "content"), TRUE.values(), ids=TRUE)
def test_what_can_be_what_it_is_called_is_taken(send, name, content):
    assert [row["status"] for row in send((name, content)).json()["files"]] == ["kept"]


def test_the_same_content_is_kept_once_and_another_one_beside_it(send, uploads):
    first, again, other = send(("a.txt", TEXT)), send(("a.txt", TEXT)), send(("a.txt", b"Other words."))
    rows = [response.json()["files"][0] for response in (first, again, other)]
    assert [(row["status"], row["name"]) for row in rows] == [
        ("kept", "a.txt"), ("unchanged", "a.txt"), ("kept", "a (2).txt"),
    ]  # fmt: skip
    assert send(("a.txt", b"Other words.")).json()["files"][0]["name"] == "a (2).txt"
    assert sorted(path.name for path in uploads.rglob("*.txt")) == ["a (2).txt", "a.txt"]


def test_collections_have_folders_of_their_own_whatever_they_are_called(client, uploads):
    for name in ("../../x", "회의록", "CON", "a/b"):
        sent = client.post("/api/uploads", files=[("files", ("a.txt", TEXT))], data={"collection": name})
        assert sent.json()["job"]["request"]["collection"] == name
    assert len(list(uploads.glob("*/a.txt"))) == 4
    long = client.post("/api/uploads", files=[("files", ("a.txt", TEXT))], data={"collection": "x" * 301})
    assert long.status_code == 400


BROKEN = {
    "no end": {"tail": b""}, "cut in a header": {"tail": b"------ondol\r\nContent-Dispo"},
    "no boundary": {"content-type": "multipart/form-data"},
    "another boundary": {"content-type": "multipart/form-data; boundary=x"},
    "json": {"content-type": "application/json"}, "nothing": {"content-type": ""},
    "a long boundary": {"content-type": "multipart/form-data; boundary=" + "x" * 5000},
    "garbage behind the boundary": {"tail": b"------ondolgarbage\r\n"},
    "an endless header": {"tail": b"------ondol\r\nX: " + b"a" * 100_000},
    "a header that is none": {"tail": b"------ondol\r\n\xff\xfe\0: a\r\n\r\nb\r\n------ondol--\r\n"},
}  # fmt: skip


@pytest.mark.parametrize("how", BROKEN.values(), ids=BROKEN)
def test_a_broken_form_is_a_mistake_of_who_sent_it_and_leaves_nothing(send, uploads, how):
    response = send(("a.txt", TEXT), **how)
    assert response.status_code == 400, response.text
    assert response.json()["error"]["code"] == "usage"
    assert not [path for path in uploads.rglob("*") if path.is_file()]


def test_a_form_without_a_file_is_told(client):
    response = client.post("/api/uploads", data={"collection": "main"}, files={})
    assert response.status_code == 400
    empty = client.post("/api/uploads", files=[("files", ("", b""))], data={"collection": "main"})
    assert empty.status_code in (400, 422)


def test_more_than_may_be_sent_is_refused_while_it_is_read(client, uploads, monkeypatch):
    monkeypatch.setattr(form_module, "UPLOAD_BYTES", 0)
    monkeypatch.setattr(form_module.read_form, "__kwdefaults__", {"most": 1 << 16})
    taken = []

    def body():
        yield b'------ondol\r\nContent-Disposition: form-data; name="files"; filename="a.txt"\r\n\r\n'
        for number in range(100):
            taken.append(number)
            yield b"a" * 4096

    kind = {"content-type": "multipart/form-data; boundary=----ondol"}
    response = client.post("/api/uploads", content=body(), headers=kind)
    assert response.status_code == 413
    told = client.post("/api/uploads", content=b"a" * (1 << 17), headers=kind)
    assert (told.status_code, told.json()["error"]["code"]) == (413, "too_large")
    assert not [path for path in uploads.rglob("*") if path.is_file()]


def test_more_fields_or_longer_ones_than_a_form_has_are_refused(client, monkeypatch):
    monkeypatch.setattr(form_module, "MOST_FIELDS", 3)
    monkeypatch.setattr(form_module, "MOST_FILES", 3)
    files = [("files", (f"{n}.txt", TEXT)) for n in range(4)]
    assert client.post("/api/uploads", files=files).status_code == 413
    many = client.post("/api/uploads", files=files[:1], data={f"f{n}": "x" for n in range(4)})
    long = client.post("/api/uploads", files=files[:1], data={"collection": "x" * 70_000})
    assert {many.status_code, long.status_code} == {413}
