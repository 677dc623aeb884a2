"""What an OpenDocument holds and does not show: taken out of the tree before it is read, and counted."""

from __future__ import annotations

from collections import Counter
from typing import Any

from ondol.ingest.formats.zipped import attribute, local

MARKED = "text marked as hidden"
FAMILIES = {"p": "paragraph", "h": "paragraph", "span": "text", "page": "drawing-page"}
"""Of the style that an element names."""
DEEPEST = 12
"""Styles that build on each other."""


def remove_hidden(content: Any, styles: Any | None) -> tuple[Counter[str], int]:
    """Take out comments, deletions that are tracked, hidden text and hidden slides.

    Args:
        content: the root of `content.xml`.
        styles: the root of `styles.xml`, where there is one.

    Returns:
        Passages by kind, and the number of slides.
    """
    hidden = _hidden_styles(content, styles)
    counts: Counter[str] = Counter()
    slides = 0
    for element in list(content.iter("{*}tracked-changes")):
        _drop(element)
    for element in [found for found in content.iter() if _is_hidden(found, local(found), hidden)]:
        kind = local(element)
        if not any(above is content for above in element.iterancestors()):
            continue  # in a part that is out already
        if kind == "page":
            slides += 1
        else:
            counts["comments" if kind == "annotation" else MARKED] += _says(element, kind)
        _drop(element)
    return counts, slides


def _is_hidden(element: Any, kind: str, hidden: set[tuple[str, str]]) -> bool:
    if kind in ("annotation", "hidden-text"):
        return attribute(element, "is-hidden") != "false"
    if kind == "section":
        return attribute(element, "display") == "none" or attribute(element, "is-hidden") == "true"
    if kind in ("p", "h") and any(
        attribute(mark, "is-hidden") == "true" for mark in element.iter("{*}hidden-paragraph")
    ):
        return True
    return kind in FAMILIES and (FAMILIES[kind], attribute(element, "style-name")) in hidden


def _says(element: Any, kind: str) -> bool:
    """Whether it holds words; a comment begins with its author and day."""
    parts = element.iter("{*}p", "{*}h") if kind == "annotation" else (element,)
    words = "".join("".join(part.itertext()) for part in parts) or attribute(element, "string-value")
    return any(char.isalnum() for char in words)


def _hidden_styles(content: Any, styles: Any | None) -> set[tuple[str, str]]:
    """Family and name of the styles that hide; automatic ones of `styles.xml` belong to headers alone."""
    found: dict[tuple[str, str], Any] = {}
    common = styles.iterchildren("{*}styles") if styles is not None else ()
    for holder in (*common, *content.iterchildren("{*}automatic-styles")):
        for style in holder.iterchildren("{*}style"):
            found[attribute(style, "family"), attribute(style, "name")] = style
    return {key for key in found if _hides(key, found)}


def _hides(key: tuple[str, str], found: dict[tuple[str, str], Any]) -> bool:
    for _ in range(DEEPEST):
        style = found.get(key)
        if style is None:
            return False
        for properties in style:
            kind = local(properties)
            if kind == "text-properties" and attribute(properties, "display"):
                return attribute(properties, "display") == "none"
            if kind == "drawing-page-properties" and attribute(properties, "visibility"):
                return attribute(properties, "visibility") == "hidden"
        key = key[0], attribute(style, "parent-style-name")
    return False


def _drop(element: Any) -> None:
    """Take an element out and leave what follows it."""
    parent, before, tail = element.getparent(), element.getprevious(), element.tail or ""
    if before is None:
        parent.text = (parent.text or "") + tail
    else:
        before.tail = (before.tail or "") + tail
    parent.remove(element)
