"""How much of the embedder's own speed is left when documents are read, split, written, embedded and indexed.

    python benchmarks/ingest.py --data ../shared/data [--rounds 3] [--records 2000]

Adds `labor_act`, `documents` and records of TyDi QA (half Korean, half English) to an empty library, then embeds the
texts of the very same chunks with the embedder alone; in turns, so that a noisy machine slows both alike. Models are
loaded before the clock starts. Prints chunks per second of both and their ratio, by the clock and by processor time.
"""

from __future__ import annotations

import argparse
import json
import resource
import statistics
import tempfile
import time
from pathlib import Path

from ondol.assemble import open_library
from ondol.ingest.add import add_documents
from ondol.ingest.records import RecordKeys
from ondol.library.chunk_texts import next_chunks
from ondol.settings import load_settings

SETS = ("tydiqa_ko", "tydiqa_en")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--records", type=int, default=2000)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    print("| round | chunks | tokens | added, chunks/s | bare embedder | ratio | ratio of processor time | peak MB |")
    print("| ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |")
    ratios = []
    for number in range(1, options.rounds + 1):
        with tempfile.TemporaryDirectory() as folder:
            ratios.append(measure(number, options.data, options.records, Path(folder)))
    print(f"\nmedian ratio {statistics.median(ratios):.3f} ({min(ratios):.3f} to {max(ratios):.3f})")


def measure(number: int, data: Path, records_wanted: int, home: Path) -> float:
    (home / "models").symlink_to(load_settings().home / "models")
    records = write_records(data, records_wanted, home / "records.jsonl")
    with open_library(settings=load_settings(home=home), create=True) as library:
        library.embeddings.embed_documents(["warm"])
        started, cpu = time.perf_counter(), processor_s()
        files = add_documents(library, [data / "labor_act", data / "documents"])
        rows = add_documents(library, [records], records=RecordKeys())
        added_s, added_cpu = time.perf_counter() - started, processor_s() - cpu
        documents = next_chunks(library._db, "1", order="c.source_id, c.ordinal", limit=10**6)
        texts = [document.page_content for document in documents]
        started, cpu = time.perf_counter(), processor_s()
        for place in range(0, len(texts), 64):
            library.embeddings.embed_documents(texts[place : place + 64])
        bare_s, bare_cpu = time.perf_counter() - started, processor_s() - cpu
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    rates = (
        f"{len(texts) / added_s:.1f} | {len(texts) / bare_s:.1f} | {bare_s / added_s:.3f} | {bare_cpu / added_cpu:.3f}"
    )
    print(f"| {number} | {len(texts)} | {files.tokens + rows.tokens} | {rates} | {peak:.0f} |", flush=True)
    return bare_s / added_s


def write_records(data: Path, count: int, target: Path) -> Path:
    rows: list[str] = []
    for name in SETS:
        lines = (data / name / "contexts_train.jsonl").read_text(encoding="utf-8").splitlines()
        rows += [json.dumps(json.loads(line), ensure_ascii=False) for line in lines[: count // len(SETS)]]
    target.write_text("\n".join(rows) + "\n", encoding="utf-8")
    return target


def processor_s() -> float:
    """Of this process and the readers that have ended."""
    usages = resource.getrusage(resource.RUSAGE_SELF), resource.getrusage(resource.RUSAGE_CHILDREN)
    return sum(usage.ru_utime + usage.ru_stime for usage in usages)


if __name__ == "__main__":
    main()
