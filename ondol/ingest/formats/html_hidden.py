"""What a web page holds and does not show: it is taken out of the tree before it is read, and counted."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, replace
from typing import Any

from lxml import etree

from ondol.ingest.formats.css import CLEAR, Color, Sheet, Style, color, number, read_sheet

SKIPPED = {"head", "script", "style", "svg", "template", "math", "iframe", "object", "textarea"}
"""Never read, and no text that is hidden on purpose."""
WHOLE = ("html", "body")
"""Hidden until a script shows them."""
COLORED = {"font": "color", "body": "text"}
"""The attribute that colours letters."""
RELATIVE = re.compile(r"(?<!r)em|%|inherit")
NEAR = 24
"""Of 255: a difference of colours that nobody sees."""
FAR = -500
"""Pixels outside of the page."""
CONTROL = re.compile("[\x00-\x08\x0e-\x1f\ufffe\uffff]")
CLIPPED = re.compile(r"rect\(\s*(?:[01](?:px)?[\s,]*){4}\)|inset\(\s*(?:50|100)%|circle\(\s*0")


@dataclass(frozen=True, slots=True)
class _Look:
    """What text inherits."""

    color: Color | None = (0, 0, 0)
    back: Color | None = (255, 255, 255)
    tiny: bool = False
    unseen: bool = False
    passage: int = 0
    """Which passage a hidden text belongs to: it begins where its reason does."""

    def reason(self) -> str:
        if self.unseen:
            return "hidden elements"
        if self.tiny:
            return "text of size zero"
        if self.color is None or self.back is None:
            return ""
        if self.color == CLEAR:
            return "transparent text"
        near = max(abs(one - other) for one, other in zip(self.color, self.back, strict=True)) <= NEAR
        return "white text" if near and min(self.back) > 200 else "text in the colour of its background" if near else ""


def remove_hidden(root: Any) -> Counter[str]:
    """Take out of a page what its readers do not see; returns how many passages of each kind held text."""
    counts: Counter[str] = Counter()
    comments = [comment.text or "" for comment in root.getroottree().iter(etree.Comment)]
    counts["comments"] = sum(_says(text) and not text.lstrip().startswith("[") for text in comments)
    etree.strip_tags(root, etree.Comment)
    sheet = read_sheet("\n".join(style.text or "" for style in root.iter("style")))
    linked = any("stylesheet" in (link.get("rel") or "").lower() for link in root.iter("link"))
    _Remover(sheet, counts, linked=linked).remove(root)
    return counts


class _Remover:
    def __init__(self, sheet: Sheet, counts: Counter[str], *, linked: bool) -> None:
        self.sheet, self.counts, self.linked = sheet, counts, linked
        self._dead: list[Any] = []
        self._lost: set[int] = set()
        self._elements = 0

    def remove(self, root: Any) -> None:
        looks = [_Look()]
        walker = etree.iterwalk(root, events=("start", "end"))
        for event, element in walker:
            if event == "end":
                looks.pop()
                if element is not root and element.tail and looks[-1].reason():
                    element.tail = self._lose(element.tail, looks[-1])
                continue
            if not isinstance(element.tag, str) or element.tag in SKIPPED:
                looks.append(looks[-1])  # its end comes nevertheless, and with it what follows it
                walker.skip_subtree()
                continue
            style = self.sheet.of(element)
            if reason := _gone(element, style):
                self._dead.append(element)
                self.counts[reason] += _says("".join(element.itertext()))
                looks.append(looks[-1])
                walker.skip_subtree()
                continue
            looks.append(self._look(element, style, looks[-1]))
            if element.text and looks[-1].reason():
                element.text = self._lose(element.text, looks[-1])
        for element in self._dead:
            _drop(element)

    def _lose(self, text: str, look: _Look) -> str:
        if _says(text) and look.passage not in self._lost:
            self._lost.add(look.passage)
            self.counts[look.reason()] += 1
        return " "

    def _look(self, element: Any, style: Style, above: _Look) -> _Look:
        back = above.back
        given = style.get("background-color", style.get("background", element.get("bgcolor")))
        if given is not None:
            found = color(given.lower())
            back = above.back if found == CLEAR else found
        elif self.linked and (element.get("class") or element.get("id")):
            back = None  # rules that are not in the page may set another one
        own = element.get(COLORED[element.tag]) if element.tag in COLORED else None
        given = style.get("color", own)
        letters = above.color if given is None or given in ("inherit", "currentcolor") else color(given.lower())
        size, seen = style.get("font-size"), "visible" if element.tag in WHOLE else style.get("visibility")
        tiny = above.tiny if size is None or RELATIVE.search(size) else False
        unseen = above.unseen if seen is None else seen in ("hidden", "collapse")
        look = _Look(letters, back, tiny or (size is not None and _zero(size)), unseen, above.passage)
        self._elements += 1
        return look if look.reason() == above.reason() else replace(look, passage=self._elements)


def _drop(element: Any) -> None:
    """Take an element out and leave what follows it; also in trees of XHTML."""
    parent, before, tail = element.getparent(), element.getprevious(), element.tail or ""
    if parent is None:
        return
    if before is None:
        parent.text = _storable((parent.text or "") + tail)
    else:
        before.tail = _storable((before.tail or "") + tail)
    parent.remove(element)


def _storable(text: str) -> str:
    """Without the characters that lxml reads and does not take back."""
    return CONTROL.sub("", re.sub("[\x0b\x0c]", " ", text))


def _gone(element: Any, style: Style) -> str:
    """Why an element is not there with all that it holds; empty when it is."""
    if element.tag in WHOLE:
        return ""
    if element.tag == "noscript":
        return "noscript"
    if "hidden" in element.attrib or element.get("aria-hidden") == "true" or style.get("display") == "none":
        return "hidden elements"
    if not style:
        return ""
    if "opacity" in style and _zero(style["opacity"]):
        return "transparent text"
    places = [number(style.get(name, "")) for name in ("left", "right", "top", "text-indent")]
    moved = [place for place in places[: 3 if style.get("position") in ("absolute", "fixed") else 0] if place]
    if any(place <= FAR for place in [*moved, places[3] or 0]):
        return "text outside of the page"
    clipped = any(CLIPPED.match(style.get(name, "")) for name in ("clip", "clip-path"))
    flat = style.get("overflow") in ("hidden", "clip") and any(
        name in style and _zero(style[name]) for name in ("height", "width", "max-height")
    )
    return "clipped text" if clipped or flat or style.get("transform") in ("scale(0)", "scale(0,0)") else ""


def _zero(value: str) -> bool:
    """Zero, or at most a pixel where there is a unit."""
    found = number(value)
    return found is not None and 0 <= found <= (0.02 if value[-1:].isdigit() else 1)


def _says(text: str) -> bool:
    return any(char.isalnum() for char in text)
