"""How the parts of a PDF page belong together: tables first, then columns."""

from __future__ import annotations

from collections.abc import Sequence

from ondol.ingest.formats.pdf_blocks import Block, Line
from ondol.ingest.formats.pdf_columns import order_columns
from ondol.ingest.formats.pdf_grid import Rules, find_ruled_tables
from ondol.ingest.formats.pdf_table import find_aligned_tables


def arrange(lines: Sequence[Line], rules: Rules) -> list[Block]:
    """The lines of a page in the order of reading, with its tables put together."""
    return order_columns(find_aligned_tables(find_ruled_tables(lines, rules)))
