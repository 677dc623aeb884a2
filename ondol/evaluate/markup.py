"""HTML that cannot be broken by what stands in it: text is escaped, and only what `tag` made is not."""

from __future__ import annotations

from html import escape


class Markup(str):
    """HTML that was made here."""

    __slots__ = ()


def tag(name: str, /, *children: str, **attributes: str | float | None) -> Markup:
    """An element; `_` in attribute names stands for `-`, and None leaves one out.

    `class_` and `for_` are written `class` and `for`.
    """
    written = "".join(
        f' {key.rstrip("_").replace("_", "-")}="{escape(_plain(str(value)))}"'
        for key, value in attributes.items()
        if value is not None
    )
    if name in ("meta", "rect", "line", "path", "circle", "br"):
        return Markup(f"<{name}{written}/>")
    return Markup(f"<{name}{written}>{join(*children)}</{name}>")


def join(*children: str) -> Markup:
    return Markup("".join(child if isinstance(child, Markup) else escape(_plain(child)) for child in children))


def _plain(text: str) -> str:
    """Without the control characters that HTML does not allow."""
    return "".join(char if char >= " " or char in "\n\t" else "\ufffd" for char in text)
