"""The words of a Word paragraph as a reader of the document sees them: changes accepted, formulas in a line."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from ondol.ingest.formats.zipped import attribute, local

BREAKS = {"br": "\n", "cr": "\n", "tab": "\t", "ptab": "\t", "noBreakHyphen": "-"}
SKIPPED = {
    "pPr",
    "rPr",
    "tcPr",
    "tblPr",
    "sdtPr",
    "del",
    "moveFrom",
    "Fallback",
    "instrText",
    "delText",
    "delInstrText",
}
WHITE = ("FFFFFF", "white")
SMALLEST = 4
"""Half points: letters of two points and less are not meant to be read."""
APPLIED = "\u2061"
"""Stands unseen between a function's name and what it is applied to."""
DEEPEST = 12
"""Styles that build on each other."""


@dataclass(frozen=True, slots=True)
class Style:
    """What a style says of its text; None where it says nothing."""

    name: str = ""
    vanish: bool | None = None
    white: bool | None = None
    shaded: bool = False
    tiny: bool | None = None


def read_styles(root: Any | None) -> dict[str, Style]:
    """Styles by their id, each with what it takes over from the style that it builds on."""
    found = {attribute(style, "styleId"): style for style in root.iter("{*}style")} if root is not None else {}
    return {key: _resolved(element, found) for key, element in found.items()}


def _resolved(element: Any, found: Mapping[str, Any]) -> Style:
    name = _value(element, "name")
    vanish = white = tiny = None
    shaded = False
    for _ in range(DEEPEST):
        own = _properties(element.find("{*}rPr"), element.find("{*}pPr"))
        vanish = own.vanish if vanish is None else vanish
        white = own.white if white is None else white
        tiny = own.tiny if tiny is None else tiny
        shaded = shaded or own.shaded
        element = found.get(_value(element, "basedOn"))
        if element is None:
            break
    return Style(name, vanish, white, shaded, tiny)


def _properties(*holders: Any | None) -> Style:
    vanish = white = tiny = None
    shaded = False
    for child in (child for holder in holders if holder is not None for child in holder):
        kind, value = local(child), attribute(child, "val")
        if kind == "vanish":
            vanish = value not in ("0", "false", "off")
        elif kind == "color":
            white = value in WHITE or attribute(child, "themeColor") == "background1"
        elif kind == "sz":
            tiny = value.isdigit() and int(value) <= SMALLEST
        elif kind == "highlight":
            shaded = shaded or value not in ("none", "white")
        elif kind == "shd":
            shaded = shaded or attribute(child, "fill") not in ("", "auto", *WHITE)
    return Style("", vanish, white, shaded, tiny)


class DocxWords:
    """Reads paragraphs and cells; counts what they hide and remembers which notes they refer to."""

    def __init__(self, styles: Mapping[str, Style]) -> None:
        self.hidden: Counter[str] = Counter()
        """Passages by kind."""
        self._styles = styles
        self._reason = ""
        self._notes: list[tuple[str, str]] = []

    def text(self, element: Any) -> str:
        """The words of a paragraph, a cell or a note; a line for every paragraph in it."""
        self._reason = ""
        return "".join(self._pieces(element))

    def take_notes(self) -> list[tuple[str, str]]:
        """Kind and id of the notes referred to since the last call, in order."""
        taken, self._notes = self._notes, []
        return taken

    def _pieces(self, element: Any) -> Iterator[str]:
        for child in element:
            kind = local(child)
            if not kind or kind in SKIPPED:
                continue
            if kind == "t":
                yield child.text or ""
            elif kind in BREAKS:
                yield BREAKS[kind]
            elif kind == "r":
                yield from self._run(child)
            elif kind in ("footnoteReference", "endnoteReference"):
                self._notes.append((kind.removesuffix("Reference"), attribute(child, "id")))
            elif kind in ("oMath", "oMathPara"):
                yield formula(child)
            else:
                yield from self._pieces(child)
                yield "\n" if kind == "p" else "\t" if kind == "tc" else ""

    def _run(self, run: Any) -> Iterator[str]:
        reason = self._hides(run)
        if not reason:
            pieces = list(self._pieces(run))
            if any(pieces):
                self._reason = ""
            yield from pieces
        elif any(child.text and child.text.strip() for child in run.iter("{*}t")):
            if reason != self._reason:
                self.hidden[reason] += 1
            self._reason = reason

    def _hides(self, run: Any) -> str:
        """Why nobody sees this run; empty where it is seen."""
        properties = run.find("{*}rPr")
        paragraph = next(run.iterancestors("{*}p"), None)
        format_of = paragraph.find("{*}pPr") if paragraph is not None else None
        layers = [_properties(properties)]
        for holder, kind in ((properties, "rStyle"), (format_of, "pStyle")):
            name = _value(holder, kind) if holder is not None else ""
            layers += [self._styles[name]] if name in self._styles else []
        if _first(layers, lambda layer: layer.vanish):
            return "text marked as hidden"
        if _first(layers, lambda layer: layer.tiny):
            return "tiny text"
        if not _first(layers, lambda layer: layer.white) or any(layer.shaded for layer in layers):
            return ""
        return "" if _on_colour(run, format_of) else "white text"


def _first(layers: list[Style], told: Callable[[Style], bool | None]) -> bool:
    return next((value for value in map(told, layers) if value is not None), False)


def _on_colour(run: Any, format_of: Any | None) -> bool:
    """Whether there is, or may be, a colour behind a run: its paragraph, cell, table, text box or page has one."""
    if _properties(format_of).shaded:
        return True
    for above in run.iterancestors():
        kind = local(above)
        if kind in ("txbxContent", "txbx"):
            return True
        if kind == "tbl" and above.find("{*}tblPr/{*}tblStyle") is not None:
            return True
        if kind in ("tc", "tbl") and _properties(above.find(f"{{*}}{kind}Pr")).shaded:
            return True
        if kind == "document" and above.find("{*}background") is not None:
            return True
    return False


def _value(element: Any, kind: str) -> str:
    found = element.find(f"{{*}}{kind}")
    return attribute(found, "val") if found is not None else ""


def formula(element: Any) -> str:
    """A formula in one line: `(a+b)/2`, `x^2`, `√(x)`, `∑_(i=1)^n`."""
    kind = local(element)
    if kind == "t":
        return (element.text or "").replace(APPLIED, " ")
    if kind == "f":
        return f"{_part(element, 'num')}/{_part(element, 'den')}"
    if kind in ("sSup", "sSub", "sSubSup", "nary"):
        below, above = _part(element, "sub"), _part(element, "sup")
        sign = (_value_below(element, "naryPr", "chr") or "∫") if kind == "nary" else _part(element, "e")
        scripts = (f"_{below}" if below else "") + (f"^{above}" if above else "")
        return sign + scripts + (" " + _part(element, "e") if kind == "nary" else "")
    if kind == "rad":
        degree = _part(element, "deg")
        return f"√[{degree}]({_bare(element, 'e')})" if degree else f"√({_bare(element, 'e')})"
    if kind == "d":
        opened, closed = _value_below(element, "dPr", "begChr") or "(", _value_below(element, "dPr", "endChr") or ")"
        return opened + ", ".join(map(_inside, element.iterchildren("{*}e"))) + closed
    if kind == "m":
        rows = (", ".join(map(_inside, row.iterchildren("{*}e"))) for row in element.iterchildren("{*}mr"))
        return "[" + "; ".join(rows) + "]"
    if kind.endswith("Pr"):
        return ""
    return _inside(element)


def _inside(element: Any) -> str:
    return "".join(formula(child) for child in element)


def _bare(element: Any, kind: str) -> str:
    return "".join(_inside(part) for part in element.iterchildren(f"{{*}}{kind}"))


def _part(element: Any, kind: str) -> str:
    """A part of a formula, in brackets where it is more than one word."""
    text = _bare(element, kind)
    return text if text.isalnum() or len(text) < 2 else f"({text})"


def _value_below(element: Any, holder: str, kind: str) -> str:
    found = element.find(f"{{*}}{holder}")
    return _value(found, kind) if found is not None else ""
