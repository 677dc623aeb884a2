"""Line beginnings that open something new: articles of a law, list items, headings, table rows, amendment notes."""

from __future__ import annotations

import re

from ondol.ingest.parsed import Heading

STATUTE = re.compile(
    r"^[ \t]*(?P<title>제 ?\d+ ?(?P<unit>[편장절관])(?:의 ?\d+)?(?: [^\n]{1,60})?(?=[ \t]*$)"
    r"|(?P<extra>부 ?칙(?:[ \t]*<[^>\n]*>)?)(?=[ \t]*$)"
    r"|제 ?\d+ ?조(?:의 ?\d+)?(?:\([^)\n]{1,80}\)|(?= 삭제)|(?=[ \t]*$)))",
    re.MULTILINE,
)
LEVELS = {"편": 1, "장": 2, "절": 3, "관": 4}
ARTICLE = 5

ITEM = re.compile(
    r"[ \t]*(?:"
    # 제3장 임금, 제56조(연장근로), 제35조 alone; not 제56조에 따라
    r"제 ?\d+ ?(?:[편장절관](?:의 ?\d+)? |조(?:의 ?\d+)?(?:\(| 삭제|[ \t\r]*$))"
    r"|[①-⑳㉑-㉟❶-❿⓵-⓾Ⅰ-Ⅻ]"
    r"|\(?(?:\d{1,3}|[a-zA-Z]|[ivx]{1,4}|[가-늫라-하])[.)] "  # 1. a) (iv) 가.; not 다. which ends a sentence
    r"|\d{1,2}(?:\.\d{1,2}){1,3}\.? "  # 2.3.1
    r"|[-*+•·◦▪■□○●◎▶▷※→–—] "
    r"|[-*+•◦▪■□○●◎▶▷※](?=[가-힣A-Z])"
    r"|#{1,6} |\||>|```|~~~"
    r"|[<\[](?:개정|신설|전문개정|본조신설|제목개정|종전|시행일|법률|부칙|시행)"
    r")",
    re.MULTILINE,
)


def starts_item(line: str) -> bool:
    """Whether `line` opens something of its own and cannot continue the line before it."""
    return ITEM.match(line) is not None


def find_statute_headings(text: str) -> tuple[Heading, ...]:
    """Parts, chapters, sections and articles of a Korean law: `제3장 임금`, `제56조(연장ㆍ야간 및 휴일 근로)`."""
    found = []
    for match in STATUTE.finditer(text):
        level = LEVELS[match["unit"]] if match["unit"] else 1 if match["extra"] else ARTICLE
        found.append(Heading(match.start("title"), level, " ".join(match["title"].split())))
    return tuple(found)
