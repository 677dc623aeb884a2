"""How the parts of a PDF page belong together: tables across the page, columns, and tables in these."""

from __future__ import annotations

from collections.abc import Sequence

from ondol.ingest.formats.pdf_blocks import Block, Line
from ondol.ingest.formats.pdf_columns import order_columns
from ondol.ingest.formats.pdf_grid import Rules, find_ruled_tables
from ondol.ingest.formats.pdf_table import find_aligned_tables


def arrange(lines: Sequence[Line], rules: Rules) -> list[Block]:
    """The lines of a page in the order of reading, with its tables put together."""
    parts = [part for line in lines for part in line.unwind()]
    blocks = find_aligned_tables(find_ruled_tables(parts, rules))
    ordered = order_columns(blocks)
    if ordered == parts:
        return list(lines)
    return blocks if ordered == blocks else find_aligned_tables(ordered)
