"""Parquet, batch by batch, and only the columns that are wanted."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from pathlib import Path

import pyarrow
import pyarrow.parquet

from ondol.errors import UnusableInput
from ondol.ingest.record_files.row import Row, row_data
from ondol.lang import nfc

BATCH = 256
"""Rows in memory; each may be a whole document."""
LARGEST_GROUP = 2 << 30
"""Bytes of a row group after unpacking, of which pages of 1 MB are read one at a time."""


def read_parquet(path: Path, wanted: Collection[str]) -> Iterator[Row]:
    """The rows, with the names of all columns and the values of those that are wanted.

    Raises:
        UnusableInput: damaged, or built to do harm.
    """
    try:
        with pyarrow.parquet.ParquetFile(path, buffer_size=1 << 20, pre_buffer=False) as file:
            groups = (file.metadata.row_group(number) for number in range(file.metadata.num_row_groups))
            if any(group.total_byte_size > LARGEST_GROUP for group in groups):
                raise UnusableInput("A row group is larger than {limit} MB.", limit=LARGEST_GROUP >> 20)
            names = {nfc(name): None for name in file.schema_arrow.names}
            columns = [name for name in file.schema_arrow.names if nfc(name) in wanted]
            number = 0
            for batch in file.iter_batches(batch_size=BATCH, columns=columns, use_threads=False):
                for values in batch.to_pylist() if columns else [{}] * batch.num_rows:
                    number += 1
                    found = {nfc(name): value for name, value in values.items()}
                    yield Row(number, row_data(found), {**names, **found})
    except (pyarrow.ArrowException, ValueError) as error:
        raise UnusableInput("The Parquet file cannot be read: {reason}", reason=error) from error
