"""XML of any kind: elements and attributes as keys, repeated elements as rows."""

from __future__ import annotations

import re
from typing import Any

from lxml import etree

from ondol.errors import UnusableInput
from ondol.ingest.formats.encoding import decode_text
from ondol.ingest.formats.html import read_html
from ondol.ingest.formats.nested import merge_pairs, write_nested
from ondol.ingest.parsed import Parsed, TextBuilder

DECLARED = re.compile(rb"""\A\s*<\?xml[^>]{0,200}?encoding\s*=\s*["']([\w.:-]+)""")


def read_xml(data: bytes, name: str) -> Parsed:
    declared = DECLARED.search(data[:1000])
    text = decode_text(data, declared=declared[1].decode("ascii") if declared else "")
    parser = etree.XMLParser(
        encoding="utf-8", resolve_entities=False, no_network=True, huge_tree=False, remove_comments=True,
        remove_pis=True, load_dtd=False,
    )  # fmt: skip
    try:
        root = etree.fromstring(text.lstrip("\ufeff \r\n\t").encode(), parser)
    except (etree.XMLSyntaxError, ValueError) as error:
        raise UnusableInput("The XML is damaged: {reason}", reason=getattr(error, "msg", error)) from error
    if root is None:
        raise UnusableInput("The file holds no text.")
    if _name(root).lower() == "html":
        return read_html(data, name)
    value = _value(root)
    builder = TextBuilder()
    write_nested(builder, value)
    title = value.get("title") if isinstance(value, dict) else ""
    return builder.build(title=title if isinstance(title, str) and title.strip() else name, format="xml")


def _value(element: Any) -> Any:
    """Text, or an object of attributes and elements; one whose text runs around elements is text as a whole.

    libxml2 stops at 256 levels, so that this ends.
    """
    pairs: list[tuple[str, Any]] = [(_local(name), value) for name, value in element.attrib.items()]
    children = [child for child in element if isinstance(child.tag, str)]
    own = " ".join(filter(None, (piece.strip() for piece in (element.text or "", *(c.tail or "" for c in element)))))
    if not children or own:
        text = "".join(_texts(element)).strip()
        return text if not pairs else merge_pairs([*pairs, ("", text)])
    return merge_pairs([*pairs, *((_name(child), _value(child)) for child in children)])


def _texts(element: Any) -> list[str]:
    texts = [element.text or ""]
    for child in element:
        if isinstance(child.tag, str):
            texts += _texts(child)
        elif child.tag is etree.Entity:
            texts.append(child.text or "")  # an entity of the file's own stays as it is written
        texts.append(child.tail or "")
    return texts


def _name(element: Any) -> str:
    return _local(element.tag)


def _local(name: str) -> str:
    return name.rpartition("}")[2]
