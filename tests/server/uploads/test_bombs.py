"""Traps that look like documents: taken as what they are called, and refused where they are read."""

import io
import zipfile

import pytest

from ondol.server.jobs.run import carry_out

GOOD = b"The mill grinds corn."


def bomb(name="a.txt", size=300 << 20):
    packed = io.BytesIO()
    with (
        zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive,
        archive.open(name, "w") as member,
    ):
        for _ in range(size >> 20):
            member.write(bytes(1 << 20))
    return packed.getvalue()


@pytest.fixture
def carried_out(engine, monkeypatch):
    """Do the job of a response here and now."""
    monkeypatch.setattr("os.nice", lambda _: 0)

    def carry(response):
        job = response.json()["job"]["id"]
        engine.jobs.take(set())
        carry_out(engine.jobs, job)
        return engine.jobs.get(job)

    return carry


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "member", "reason"),
    [("a.zip", "a.txt", "larger than 256 MB together"), ("a.docx", "word/document.xml", "it is a trap")],
)
def test_a_bomb_is_refused_where_it_is_read_and_the_others_are_added(send, carried_out, name, member, reason):
    row = carried_out(send((name, bomb(member)), ("good.txt", GOOD)))
    assert row["state"] == "done", row
    assert row["result"]["added"] == 1
    [failed] = row["result"]["failed"]
    assert failed["path"].startswith(name)
    assert reason in failed["reason"]


def test_a_link_out_of_an_archive_is_not_followed(send, carried_out, tmp_path):
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        link = zipfile.ZipInfo("secret.txt")
        link.external_attr = 0o120777 << 16
        archive.writestr(link, "/etc/passwd")
        archive.writestr("../../../evil.txt", GOOD)
    row = carried_out(send(("a.zip", packed.getvalue())))
    assert row["result"]["added"] == 1
    assert not list(tmp_path.rglob("evil.txt"))


def test_failed_files_are_tried_again_by_themselves(send, client, carried_out, uploads):
    job = carried_out(send(("bad.pdf", b"%PDF-1.7 broken"), ("good.txt", GOOD), ("빈.md", b"\xef\xbb\xbf \n.")))
    assert [row["path"] for row in job["result"]["failed"]] == ["bad.pdf"]
    again = client.post(f"/api/jobs/{job['id']}/retry")
    assert again.status_code == 202
    assert again.json()["job"]["request"]["files"] == ["bad.pdf"]
    assert carried_out(again)["state"] == "failed"
    assert client.post(f"/api/jobs/{again.json()['job']['id']}/retry").json()["job"]["state"] == "waiting"
    good = carried_out(send(("good.txt", GOOD)))
    refused = client.post(f"/api/jobs/{good['id']}/retry")
    assert (refused.status_code, refused.json()["error"]["code"]) == (400, "usage")
