"""Mail as Korean and Western programs write it."""

import base64
import runpy
import time
from email.message import EmailMessage
from pathlib import Path

import pytest

from ondol.errors import UnusableInput
from ondol.ingest.formats.eml import read_eml, read_mbox

check_reader = runpy.run_path(str(Path(__file__).with_name("fuzz.py")))["check_reader"]


def make_mail(*, forwarded=None):
    mail = EmailMessage()
    mail["Subject"] = "연차 휴가 신청 안내"
    mail["From"] = "김온돌 <ondol@example.com>"
    mail["To"] = "전 직원 <all@example.com>"
    mail["Cc"] = "hr@example.com"
    mail["Date"] = "Fri, 17 May 2024 09:30:00 +0900"
    mail.set_content("안녕하세요.\n\n연차는 15일입니다.\n\n\n\n감사합니다.\n")
    mail.add_alternative("<p>연차는 <b>15일</b>입니다.</p>", subtype="html")
    mail.get_payload()[1].add_related(b"\x89PNG", "image", "png", cid="<logo>")
    mail.add_attachment("이름,일수\n김,15\n".encode(), maintype="text", subtype="csv", filename="휴가 현황.csv")
    mail.add_attachment(b"%PDF-1.4", maintype="application", subtype="pdf", filename="../../안내.pdf")
    if forwarded:
        mail.add_attachment(forwarded)
    return mail


def raw(*lines, body=b""):
    return b"\r\n".join([*lines, b"", body])


def test_headers_text_and_attachments_are_read():
    parsed = read_eml(make_mail().as_bytes(), "mail")
    assert parsed.text == (
        "연차 휴가 신청 안내\n\nFrom: 김온돌 <ondol@example.com>\nTo: 전 직원 <all@example.com>\nCc: hr@example.com\n"
        "Date: 2024-05-17 09:30 +0900\n\n안녕하세요.\n\n연차는 15일입니다.\n\n감사합니다."
    )
    assert (parsed.title, parsed.date, parsed.author) == (
        "연차 휴가 신청 안내", "2024-05-17", "김온돌 <ondol@example.com>",
    )  # fmt: skip
    assert [(heading.level, heading.title) for heading in parsed.headings] == [(1, "연차 휴가 신청 안내")]
    assert [part.name for part in parsed.parts] == ["휴가 현황.csv", "안내.pdf"]
    assert parsed.parts[0].data.decode() == "이름,일수\n김,15\n"


def test_a_page_is_read_where_there_is_no_text():
    mail = EmailMessage()
    mail["Subject"] = "News"
    mail.set_content(
        "<h1>소식</h1><p>내일 <i>휴관</i>합니다.</p><p style='display:none'>no</p><pre>a  b</pre>", subtype="html"
    )
    parsed = read_eml(mail.as_bytes(), "x")
    assert parsed.text == "News\n\n소식\n\n내일 휴관합니다.\n\na  b"
    assert [(heading.level, heading.title) for heading in parsed.headings] == [(1, "News"), (2, "소식")]
    assert [parsed.text[start:end] for start, end in parsed.whole] == ["a  b"]
    assert parsed.hidden == "1 hidden passages: hidden elements (1)"


def test_a_forwarded_mail_is_a_part_that_can_be_read():
    inner = make_mail()
    outer = make_mail(forwarded=inner)
    part = read_eml(outer.as_bytes(), "x").parts[2]
    assert part.name == "연차 휴가 신청 안내.eml"
    assert read_eml(part.data, "x").text == read_eml(inner.as_bytes(), "x").text


@pytest.mark.parametrize(
    ("declared", "encoding"),
    [
        ("ks_c_5601-1987", "cp949"), ("euc-kr", "euc-kr"), ("EUC-KR", "cp949"), ("iso-2022-kr", "iso-2022-kr"),
        ("utf-8", "cp949"), ("euc-kr", "utf-8"), ("us-ascii", "cp949"), ("iso-8859-1", "utf-8"),
        ("no-such-set", "cp949"), ("windows-1252", "cp949"),
    ],
)  # fmt: skip
def test_korean_letters_are_right_also_where_the_declaration_is_wrong(declared, encoding):
    subject = base64.b64encode("휴가 신청".encode(encoding)).decode()
    data = raw(
        f"Subject: =?{declared}?B?{subject}?=".encode(), b"From: " + "홍길동".encode(encoding) + b" <h@example.com>",
        f'Content-Type: text/plain; charset="{declared}"'.encode(), b"Content-Transfer-Encoding: 8bit",
        body="연차는 15일이며 신청서를 냅니다.".encode(encoding),
    )  # fmt: skip
    parsed = read_eml(data, "x")
    assert parsed.title == "휴가 신청"
    assert parsed.text.endswith("연차는 15일이며 신청서를 냅니다.")
    if encoding != "iso-2022-kr":
        assert parsed.author == "홍길동 <h@example.com>"


def test_western_letters_are_not_taken_for_korean():
    body = "Grüße aus München, schöne Wörter; déjà vu.".encode("latin-1")
    data = raw(b"Subject: =?iso-8859-1?Q?Gr=FC=DFe_aus_M=FCnchen?=", b"Content-Type: text/plain", body=body)
    parsed = read_eml(data, "x")
    assert (parsed.title, parsed.text.splitlines()[-1]) == ("Grüße aus München", body.decode("latin-1"))


def test_a_letter_cut_between_two_words_of_a_header_is_whole():
    letters = "휴가".encode()
    first, second = (base64.b64encode(half).decode() for half in (letters[:4], letters[4:]))
    data = raw(f"Subject: =?utf-8?B?{first}?=\r\n =?utf-8?B?{second}?= (1)".encode(), body=b"x")
    assert read_eml(data, "x").title == "휴가 (1)"


@pytest.mark.parametrize(
    "named",
    [
        "filename=\"=?euc-kr?B?{b64}?=\"", "filename*=UTF-8''{percent}", "filename*=ks_c_5601-1987''{percent949}",
        "filename*0*=UTF-8''{half}; filename*1*={rest}", 'filename="{raw949}"', 'filename="{percent}"',
    ],
)  # fmt: skip
def test_names_of_attachments_are_decoded(named):
    def percent(data):
        return "".join(f"%{byte:02X}" for byte in data)

    korean, utf8 = "계약서".encode("cp949"), percent("계약서".encode())
    line = "Content-Disposition: attachment; " + named.format(
        b64=base64.b64encode(korean + b".pdf").decode(), percent=utf8 + ".pdf", percent949=percent(korean) + ".pdf",
        half=utf8[:12], rest=utf8[12:] + ".pdf", raw949=korean.decode("latin-1") + ".pdf",
    )  # fmt: skip
    data = raw(b"Subject: x", b"Content-Type: application/pdf", line.encode("latin-1"), body=b"%PDF")
    assert [part.name for part in read_eml(data, "x").parts] == ["계약서.pdf"]


def test_attachments_with_one_name_are_told_apart():
    mail = make_mail()
    for _ in range(2):
        mail.add_attachment(b"a", maintype="text", subtype="plain", filename="a.txt")
    assert [part.name for part in read_eml(mail.as_bytes(), "x").parts][-2:] == ["a.txt", "a (2).txt"]


def test_flowing_lines_are_put_together():
    data = raw(b"Subject: x", b"Content-Type: text/plain; format=flowed", body=b"one \r\ntwo\r\nthree\r\n> a \r\n> b")
    assert read_eml(data, "x").text == "x\n\none two\nthree\n> a \n> b"


def test_an_encrypted_mail_says_so():
    data = raw(b"Subject: x", b"Content-Type: application/pkcs7-mime; name=smime.p7m", body=b"0")
    assert read_eml(data, "x").unread == "The mail is encrypted."


def test_a_mailbox_has_a_section_for_each_mail():
    mails = [make_mail().as_bytes(), raw(b"Subject: Second", body=b">From here on\n\nFrom what he says 12 a").strip()]
    data = b"".join(b"From a@example.com Fri May 17 09:30:00 2024\n" + mail + b"\n\n" for mail in mails)
    parsed = read_mbox(data, "box")
    assert (parsed.unit, parsed.page_names, parsed.title) == ("section", ("연차 휴가 신청 안내", "Second"), "box")
    start, end = parsed.pages[1]
    assert parsed.text[start:end] == "Second\n\nFrom here on\n\nFrom what he says 12 a"
    assert [part.name for part in parsed.parts] == ["1/휴가 현황.csv", "1/안내.pdf"]


def test_what_is_no_mail_is_refused():
    for data in (b"just text\n", bytes(range(256)), b"\n\n"):
        with pytest.raises(UnusableInput, match="The file is no mail"):
            read_eml(data, "x")
    with pytest.raises(UnusableInput, match="The file is no mbox"):
        read_mbox(b"From me to you\n", "x")


def test_damaged_mails_never_hang():
    mail = make_mail(forwarded=make_mail()).as_bytes()
    assert check_reader(read_eml, mail) > 100
    check_reader(read_mbox, b"From a@b Fri May 17 09:30:00 2024\n" + mail)


def test_hostile_mails_take_no_time():
    boundary = b"Content-Type: multipart/mixed; boundary=a\n\n--a\n"
    started = time.perf_counter()
    for data in (
        b"Subject: x\n" + boundary * 5_000,
        b"Subject: " + b"=?utf-8?Q?a?= " * 50_000 + b"\n\n",
        b"Subject: " + b"=?" * 100_000 + b"\n\n",
        b"From: x\n" * 50_000 + b"\n",
    ):
        read_eml(data, "x")
    assert time.perf_counter() - started < 20
