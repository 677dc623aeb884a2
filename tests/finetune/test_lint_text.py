"""Wrong encodings, leftovers of HTML and prompt formats, mixed languages, personal data."""

import pytest

from ondol.finetune.examples import Example, ask_and_answer
from ondol.finetune.lint import lint_examples
from ondol.finetune.lint_personal import is_card_number, is_resident_number, masked_in
from ondol.finetune.lint_text import is_garbled

KOREAN = "온돌은 방바닥을 데우는 난방입니다."


@pytest.fixture(autouse=True)
def english(monkeypatch):
    monkeypatch.setenv("ONDOL_LANG", "en")


def lint(*pairs):
    examples = [ask_and_answer(question, answer, where=f"a:{n}") for n, (question, answer) in enumerate(pairs, 1)]
    return {finding.kind: finding for finding in lint_examples(examples, [])}


@pytest.mark.parametrize(
    "text",
    [
        KOREAN.encode().decode("latin-1"),
        KOREAN.encode().decode("cp1252", "ignore"),
        KOREAN.encode().decode("cp949", "replace"),
        KOREAN.encode().decode("cp949", "ignore"),
        KOREAN.encode("cp949").decode("latin-1"),
        KOREAN.encode("cp949").decode("utf-8", "replace"),
        KOREAN.encode("cp949").decode("cp1252", "replace"),
        KOREAN.encode("ascii", "replace").decode(),
        "itâ€™s a heated floor",
        "cafÃ© au lait",
        "a\x00b",
        KOREAN.encode("utf-16-le").decode("latin-1"),
    ],
)
def test_wrongly_decoded_text_is_an_error(text):
    assert is_garbled(text)
    assert lint(("온돌이란?", text))["garbled_text"].level == "error"


@pytest.mark.parametrize(
    "text",
    [
        KOREAN,
        "뷁! 햏햏하고 펲시콜라를 마셨다는 그 옛날 통신체 이야기입니다.",
        "Où est le café? À côté — l’été, déjà «là».",
        "Größe: 5 µm ± 2 °C",
        "왜??? 정말??",
        "무엇입니까????",
        "漢字와 한글을 섞어 쓴 文章입니다.",
        "ÄÖÜ äöü ß",
        "São João não é façanha",
        "“quoted” – it’s…",
        "ㅋㅋㅋㅋ ㅠㅠ",
        "👨‍👩‍👧 가족",
    ],
)
def test_unusual_but_right_text_is_left_alone(text):
    assert is_garbled(text) == ""


@pytest.mark.parametrize(
    "text", ["첫째 줄<br>둘째 줄", "<p>안녕</p>", "A&nbsp;B", "한글 &#50504;&#45397;", '<a href="x">여기</a>']
)
def test_leftovers_of_html_are_told(text):
    assert "html" in lint(("온돌이란?", text))


@pytest.mark.parametrize(
    ("question", "answer"),
    [
        ("a가 b보다 작은가요?", "예, a < b 이고 b > a 입니다."),
        ("Write HTML for a line break", "Use <br> for that."),
        ("줄을 바꾸려면?", "`<br>`을 쓰세요."),
        ("R&D는?", "AT&T에서 합니다."),
    ],
)
def test_signs_and_code_are_no_leftovers(question, answer):
    assert not lint((question, answer)).keys() & {"html", "template_marks"}


@pytest.mark.parametrize(
    "text",
    ["안녕하세요<|im_end|>", "[INST] hi [/INST] hello", "### Response:\nhello", "Answer: B", "답변: 네", "ok</s>"],
)
def test_marks_of_a_prompt_format_are_told(text):
    assert "template_marks" in lint(("안녕", text))


def test_answers_in_another_language_are_told_unless_asked_for():
    usual = [(f"{n}번째 온돌은 어떤가요?", f"{n}번째 온돌은 따뜻합니다.") for n in range(20)]
    found = lint(*usual, ("구들장은 무엇으로 만드나요?", "They are made of large flat stones."))["other_language"]
    assert (found.level, found.rows) == ("warning", ("a:21",))
    fine = [
        ("이 문장을 영어로 번역해 줘: 안녕", "Hello there, how are you today?"),
        ("어느 회사가 만들었나요?", "LG Electronics"),
        ("온돌을 영어로 설명하면?", "A heated floor of the house."),
        ("What does 온돌 mean in the house?", "바닥 난방입니다."),
    ]
    assert "other_language" not in lint(*usual, *fine[:3])


def test_the_share_of_two_languages_is_told():
    korean = [(f"{n}번째 온돌은 어떤가요?", "따뜻합니다.") for n in range(6)]
    english = [(f"How warm is the heated floor number {n}?", "It is quite warm.") for n in range(4)]
    assert lint(*korean, *english)["two_languages"].message == "60 % of the examples are Korean and 40 % English."
    assert "two_languages" not in lint(*korean)


@pytest.mark.parametrize(
    ("text", "kind", "masked"),
    [
        ("연락은 hong.gildong@naver.com 으로", "an e-mail address", "h***@n***.com"),
        ("010-1234-5678로 전화 주세요", "a telephone number", "010-****-**78"),
        ("01012345678로 전화 주세요", "a telephone number", "010******78"),
        ("+82 10-1234-5678", "a telephone number", "+82 1*-****-**78"),
        ("사무실 02-345-6789", "a telephone number", "02-3**-**89"),
        ("call (415) 555-2671", "a telephone number", "(415) ***-**71"),
        ("주민번호 900101-1234568", "a resident registration number", "900***-*******"),
        ("2020년 10월 이후 출생 201105-3123456", "a resident registration number", "201***-*******"),
        ("card 4111 1111 1111 1111", "a card number", "411* **** **** **11"),
        ("378282246310005", "a card number", "378**********05"),
        ("서버는 203.0.113.9가 아니라 211.45.66.7입니다", "an IP address", "211.45.*.*"),
        ("2001:4860:4860::8888", "an IP address", "2001:4860:*:*"),
    ],
)
def test_personal_data_is_told_masked(text, kind, masked):
    assert list(masked_in(text)) == [(kind, masked)]
    found = lint(("누구?", text))["personal_data"]
    assert kind in found.message
    assert masked in found.message


@pytest.mark.parametrize(
    "text",
    [
        "user@example.com 처럼 씁니다",
        "900101-1234567",
        "991332-1234567",
        "4111 1111 1111 1112",
        "0000 0000 0000 0000",
        "127.0.0.1",
        "192.168.0.1",
        "버전 1.2.3.4.5",
        "v1.2.3",
        "12:30:45",
        "2024-01-02",
        "3.141592653589793",
        "1,234,567원",
        "1588-1588",
        "ISBN 9788937460470",
        "@mention 님",
        "010은 접두사입니다",
        "근로기준법 제56조 제1항",
        "0x1234567890",
        "20240102123456",
    ],
)
def test_other_numbers_are_not_personal(text):
    assert list(masked_in(text)) == []


def test_check_digits_are_those_of_the_standards():
    assert is_resident_number("900101-1234568")
    assert not is_resident_number("900101-1234569")
    assert not is_resident_number("900230-1234561")
    assert is_card_number("5555555555554444")
    assert not is_card_number("5555555555554445")


def test_texts_are_looked_at_too():
    found = lint_examples([Example(text="문의: a.person@company.co.kr", where="t:1")], [])
    assert "personal_data" in {finding.kind for finding in found}
