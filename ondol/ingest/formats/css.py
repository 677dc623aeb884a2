"""As much of CSS as tells whether people see an element: simple rules, inline styles, colours."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

SIMPLE = re.compile(r"(?:[a-z][\w-]*|\*)?(?:[.#][\w-]+)?")
LAST = re.compile(r"[.#]?[\w-]+")
NUMBER = re.compile(r"\s*(-?\d*\.?\d+)\s*([a-z%]*)")
COLOR = re.compile(r"#[0-9a-f]{3,8}\b|(?:rgb|hsl)a?\([^()]{0,80}\)|\b[a-z]+\b")
PROPERTIES = {
    "display", "visibility", "opacity", "font-size", "color", "background", "background-color", "position", "left",
    "right", "top", "text-indent", "clip", "clip-path", "height", "width", "max-height", "overflow", "transform",
}  # fmt: skip
NAMED = {
    "white": (255, 255, 255), "snow": (255, 250, 250), "ivory": (255, 255, 240), "whitesmoke": (245, 245, 245),
    "ghostwhite": (248, 248, 255), "floralwhite": (255, 250, 240), "azure": (240, 255, 255),
    "mintcream": (245, 255, 250), "aliceblue": (240, 248, 255), "seashell": (255, 245, 238), "black": (0, 0, 0),
    "gray": (128, 128, 128), "grey": (128, 128, 128), "silver": (192, 192, 192), "red": (255, 0, 0),
    "green": (0, 128, 0), "blue": (0, 0, 255), "navy": (0, 0, 128), "yellow": (255, 255, 0),
}  # fmt: skip
CLEAR = (-1, -1, -1)
Color = tuple[int, int, int]
Style = dict[str, str]


@dataclass
class Sheet:
    """The rules of a page by tag, `.class` and `#id`; what only a browser could decide is in `unsure`."""

    rules: dict[str, Style] = field(default_factory=dict)
    unsure: dict[str, set[str]] = field(default_factory=dict)

    def of(self, element: Any) -> Style:
        """What the page's own rules and its attributes say of an element; unsure properties are empty texts."""
        inline = read_style(element.get("style", ""))
        if not (self.rules or self.unsure):
            return inline
        marks = [*(f".{name}" for name in element.get("class", "").split()), f"#{element.get('id')}"]
        names = ["*", element.tag, *marks, *(element.tag + mark for mark in marks)]
        style: Style = {}
        for name in names:
            style |= self.rules.get(name, {})
        for name in names:
            style |= dict.fromkeys(self.unsure.get(name, ()), "")
        return style | inline


def read_sheet(text: str) -> Sheet:
    sheet = Sheet()
    for selectors, declarations, conditional in _rules(_without_comments(text)):
        style = read_style(declarations)
        for selector in filter(None, (part.strip() for part in selectors.split(","))):
            simple = SIMPLE.fullmatch(selector)
            if conditional or not simple:
                for name in LAST.findall(re.split(r"[\s>+~]+", selector)[-1]):
                    sheet.unsure.setdefault(name, set()).update(style)
            else:
                sheet.rules.setdefault(selector, {}).update(style)
    return sheet


def _rules(text: str) -> Iterator[tuple[str, str, bool]]:
    """Selectors, declarations, and whether the rule counts only sometimes: it is inside an @media."""
    depth = 0
    for piece in text.split("}")[:-1]:
        above, brace, declarations = piece.rpartition("{")
        if not brace:
            depth = max(0, depth - 1)
            continue
        depth += above.count("{")
        selectors = above.rpartition("{")[2].rpartition(";")[2]
        if not selectors.lstrip().startswith("@"):
            yield selectors, declarations, depth > 0


def _without_comments(text: str) -> str:
    first, *others = text.split("/*")
    return " ".join([first, *(part.partition("*/")[2] for part in others)])


def read_style(text: str) -> Style:
    style: Style = {}
    for declaration in text.lower().split(";") if text else ():
        name, _, value = declaration.partition(":")
        if (name := name.strip()) in PROPERTIES:
            style[name] = value.replace("!important", "").strip()
    return style


def number(value: str) -> float | None:
    """Pixels, roughly; None when there is no number."""
    match = NUMBER.match(value)
    return float(match[1]) * (16 if match[2] in ("em", "rem") else 1) if match else None


def color(value: str) -> Color | None:
    """Red, green and blue of the first colour in a value; `CLEAR` where it lets all through, None when unknown."""
    if "url(" in value or "gradient" in value or "var(" in value:
        return None
    for word in COLOR.findall(value):
        if word == "transparent":
            return CLEAR
        if word in NAMED:
            return NAMED[word]
        if word.startswith("#"):
            return _hex(word[1:])
        if word.startswith(("rgb", "hsl")):
            return _function(word)
    return CLEAR if value in ("none", "initial") else None


def _hex(digits: str) -> Color | None:
    if len(digits) in (3, 4):
        digits = "".join(digit * 2 for digit in digits)
    if len(digits) not in (6, 8):
        return None
    red, green, blue, alpha = (int(digits[place : place + 2] or "ff", 16) for place in (0, 2, 4, 6))
    return (red, green, blue) if alpha > 12 else CLEAR


def _function(call: str) -> Color | None:
    values = [float(found) for found in re.findall(r"\d*\.?\d+", call)]
    if len(values) < 3:
        return None
    if len(values) > 3 and values[3] < 0.05:
        return CLEAR
    if call.startswith("hsl"):
        light = round(values[2] * 2.55)
        return (light, light, light) if values[2] >= 97 or values[2] <= 3 else None
    scale = 2.55 if "%" in call else 1
    red, green, blue = (round(value * scale) for value in values[:3])
    return red, green, blue
