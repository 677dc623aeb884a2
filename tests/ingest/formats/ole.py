"""OLE files written by hand, small streams only: what a test needs to make an Outlook message."""

import struct
from itertools import pairwise

SECTOR, MINI, END, FREE = 512, 64, 0xFFFFFFFE, 0xFFFFFFFF


def write_ole(tree):
    """`tree` is a dict of streams (bytes) and storages (dicts)."""
    entries, ministream, minifat = [["Root Entry", 5, None, None, None, END, 0]], bytearray(), []

    def add(children):
        """Directory entries of a storage, each the right neighbour of the one before; returns the first."""
        numbers = []
        for name, content in sorted(children.items(), key=lambda item: (len(item[0]), item[0].upper())):
            number = len(entries)
            entries.append([name, 1 if isinstance(content, dict) else 2, None, None, None, END, 0])
            if isinstance(content, dict):
                entries[number][4] = add(content)
            elif content:
                count = -(-len(content) // MINI)
                first = len(minifat)
                minifat.extend([*range(first + 1, first + count), END])
                ministream.extend(content.ljust(count * MINI, b"\0"))
                entries[number][5:] = [first, len(content)]
            numbers.append(number)
        for left, right in pairwise(numbers):
            entries[left][3] = right
        return numbers[0] if numbers else None

    entries[0][4] = add(tree)
    sectors = [b""]  # the first is the table itself
    fat = [0xFFFFFFFD]

    def store(data):
        if not data:
            return END
        first, count = len(fat), -(-len(data) // SECTOR)
        fat.extend([*range(first + 1, first + count), END])
        padded = data.ljust(count * SECTOR, b"\0")
        sectors.extend(padded[place : place + SECTOR] for place in range(0, len(padded), SECTOR))
        return first

    minifat += [FREE] * (-len(minifat) % 128)
    entries[0][5:] = [store(bytes(ministream)), len(ministream)]
    minis = store(struct.pack(f"<{len(minifat)}I", *minifat))
    directory = store(b"".join(map(_entry, entries)).ljust(-(-len(entries) // 4) * SECTOR, b"\0"))
    assert len(fat) <= 128, "one sector of the table is enough for a test"
    sectors[0] = struct.pack("<128I", *fat, *[FREE] * (128 - len(fat)))
    return _header(directory, minis, len(minifat) // 128) + b"".join(sectors)


def _header(directory, minis, minis_count):
    fields = struct.pack(
        "<8s16sHHHHH6sIIIIIIIIII", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", b"", 0x3E, 3, 0xFFFE, 9, 6, b"", 0, 1,
        directory, 0, 4096, minis, minis_count, END, 0, 0,
    )  # fmt: skip
    return fields + struct.pack("<108I", *[FREE] * 108)


def _entry(entry):
    name, kind, left, right, child, start, size = entry
    links = [FREE if link is None else link for link in (left, right, child)]
    encoded = name.encode("utf-16-le")
    return struct.pack(
        "<64sHBBIII16sIQQIQ", encoded, len(encoded) + 2, kind, 1, *links, b"", 0, 0, 0, start, size
    )  # fmt: skip
