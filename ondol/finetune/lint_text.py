"""Text that is not what its author wrote: wrongly decoded, with marks of HTML or a chat template, in two languages."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence

from ondol.finetune.examples import Example
from ondol.finetune.lint_finding import Finding, Level, make_finding, quoted
from ondol.lang import is_hangul

HTML = re.compile(
    r"</?(?:p|br|div|span|b|i|u|a|li|ul|ol|td|tr|th|table|img|h[1-6]|strong|em|font|sup|sub|script|style)"
    r"(?:\s[^<>]*)?/?>|&(?:nbsp|amp|lt|gt|quot|apos|#\d{2,6}|#x[0-9a-fA-F]{2,5});"
)
ABOUT_CODE = re.compile(r"html|xml|code|script|css|tag|markup|코드|태그|웹\s?페이지|마크업", re.IGNORECASE)
MARKS = re.compile(
    r"<\|[a-z_0-9]+\|>|\[/?INST\]|<</?SYS>>|<(?:start|end)_of_turn>|</?s>|<(?:bos|eos|pad|unk)>|\[(?:PAD|UNK|CLS|SEP)\]"
    r"|^#{2,3} ?(?:Response|Instruction|응답|명령어|지시|답변|질문) ?:|^(?:Answer|Assistant|Bot|답변?|정답) ?: ",
    re.MULTILINE,
)
FOREIGN = re.compile(
    r"translat|english|korean|code|한국어|한글|영어|영문|국문|번역|코드|program|파이썬|python|sql", re.IGNORECASE
)
BYTES_AS_LETTERS = re.compile(r"[\u0080-\u00ffŒœŠšŸŽžƒˆ˜–—‘’‚“”„†‡•…‰‹›€™]{2,}")
LOST = re.compile(r"(?:\?{2,}[\s.,!]*){3,}")
LETTERS = 12
"""Of a question and of an answer, before their languages are told."""
STRANGE = 0.2
"""Share of Hangul syllables outside KS X 1001, which text in its right encoding hardly has."""
BOTH = 0.05
"""Share of the examples from which on a language counts."""


def find_broken_text(examples: Sequence[Example]) -> Iterator[Finding]:
    """Text that was decoded with the wrong encoding."""
    yield from _where_found(
        examples, is_garbled, "garbled_text", "error",
        "{count} examples were read with the wrong encoding, such as “{text}”.",
        "Export the file again as UTF-8, from the program that made it: what is lost cannot be brought back here.",
    )  # fmt: skip


def find_marks(examples: Sequence[Example]) -> Iterator[Finding]:
    """HTML, and marks of a chat template, that would be learnt as words."""
    plain = [example for example in examples if not ABOUT_CODE.search(example.question)]
    yield from _where_found(
        plain, lambda text: _found(HTML, re.sub(r"```.*?```|`[^`]*`", "", text, flags=re.DOTALL)), "html", "warning",
        "{count} examples hold leftovers of HTML, such as “{text}”.",
        "Take the tags and entities out: they are learnt too.",
    )  # fmt: skip
    yield from _where_found(
        examples, lambda text: _found(MARKS, text), "template_marks", "warning",
        "{count} examples hold marks of a prompt format, such as “{text}”.",
        "Take them out: the base's own chat template is set around every example.",
    )  # fmt: skip


def _found(pattern: re.Pattern[str], text: str) -> str:
    match = pattern.search(text)
    return match.group() if match else ""


def _where_found(
    examples: Sequence[Example], look: Callable[[str], str], kind: str, level: Level, message: str, fix: str
) -> Iterator[Finding]:
    found = [(example, shown) for example in examples if (shown := look("\n".join(_texts(example))))]
    if found:
        rows = (example.where for example, _ in found)
        yield make_finding(kind, level, message, fix, rows, count=len(found), text=quoted(found[0][1]))


def _texts(example: Example) -> list[str]:
    return [*(turn["content"] for turn in example.turns), *filter(None, [example.text])]


def is_garbled(text: str) -> str:
    """The first part that was decoded wrongly; empty where none is.

    Told are U+FFFD, UTF-8 or CP949 read as Latin-1, UTF-8 read as CP949, and letters that became question marks.
    """
    for place, char in enumerate(text):
        if char in "\ufffd\x00":
            return text[max(0, place - 20) : place + 20]
    for match in BYTES_AS_LETTERS.finditer(text):
        if _was_text(match.group()):
            return match.group()
    if lost := LOST.search(text):
        return lost.group()
    hangul = [char for char in text if "가" <= char <= "힣"]
    strange = [char for char in hangul if not _in_ks_x_1001(char)]
    if len(strange) >= 3 and len(strange) >= STRANGE * len(hangul):
        place = text.index(strange[0])
        return text[max(0, place - 10) : place + 30]
    return ""


def _was_text(run: str) -> bool:
    """The characters are the bytes of other text."""
    try:
        raw = b"".join(char.encode("latin-1" if char <= "\u00ff" else "cp1252") for char in run)
    except UnicodeEncodeError:
        return False
    if any(byte >= 0x80 for byte in raw):
        try:
            raw.decode("utf-8")
        except UnicodeDecodeError as error:
            # a run that only begins or ends in the middle of a character
            if error.start >= 3 and error.reason == "unexpected end of data":
                return True
        else:
            return True
    try:
        made = raw.decode("euc_kr")
    except UnicodeDecodeError:
        return False
    return len(made) >= 2 and all("가" <= char <= "힣" for char in made)


def _in_ks_x_1001(char: str) -> bool:
    try:
        return len(char.encode("euc_kr")) == 2
    except UnicodeEncodeError:
        return False


def find_mixed_languages(examples: Sequence[Example]) -> Iterator[Finding]:
    """Questions that are answered in the other language, and how much of the whole each language has."""
    languages = [(example, _language(example.question), _language(example.answer)) for example in examples]
    mixed = [
        example
        for example, asked, answered in languages
        if asked and answered and asked != answered and not FOREIGN.search(example.question)
    ]
    if mixed:
        yield make_finding(
            "other_language", "warning" if len(mixed) <= 0.2 * len(examples) else "note",
            "{count} of {total} questions are answered in another language, such as “{question}”: “{answer}”.",
            "Answer in the language of the question, or say in the question which one is wanted.",
            (example.where for example in mixed), count=len(mixed), total=len(examples),
            question=quoted(mixed[0].question), answer=quoted(mixed[0].answer),
        )  # fmt: skip
    shares = Counter(_language("\n".join(_texts(example))) for example, _, _ in languages)
    known = shares["ko"] + shares["en"]
    if known and min(shares["ko"], shares["en"]) >= max(2, BOTH * known):
        yield make_finding(
            "two_languages", "note", "{korean} % of the examples are Korean and {english} % English.",
            "If both are meant, hold out questions in both, and look at their results apart.",
            korean=round(100 * shares["ko"] / known), english=round(100 * shares["en"] / known),
        )  # fmt: skip


def _language(text: str) -> str:
    """`ko` or `en`; empty for short texts, names and other scripts."""
    hangul = sum(map(is_hangul, text))
    latin = sum(char.isascii() and char.isalpha() for char in text)
    if hangul >= 4 and hangul >= 0.2 * (hangul + latin):
        return "ko"
    return "en" if latin >= LETTERS and not hangul and len(re.findall(r"[a-z]{2,}", text)) >= 3 else ""
