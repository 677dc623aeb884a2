"""ondol against txtai, Haystack, LlamaIndex and LangChain with Chroma: quality, speed and memory of search, in one run.

    python benchmarks/retrieval.py --data ../shared/data [--sets ko-1.5k en-1.5k ko-5k en-5k] [--limit 100]

Every system runs in a process and, but for ondol, in a virtual environment of its own, which is built on demand from
its pinned file in `rivals/`; how each is called stands there in `with_NAME.py`. Each comes twice: with its defaults
and with the weights that ondol uses (multilingual-e5-small, in fp32 through torch), and each time with the search by
vectors and with its hybrid one. All hold the same passages, and are asked the same questions in turns, so that a noisy
machine slows all alike. Ingest is timed on a sample of the passages, in rounds, by real work from text to index; for
the whole set, rivals that run the same weights share vectors (`rivals/vectors.py`). The whole takes above an hour on
two quiet cores, nearly all of it torch.
"""

from __future__ import annotations

import argparse
import datetime
import json
import os
import subprocess
import sys
import tempfile
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

from rivals.environments import QUIET, environment_python
from rivals.sets import SETS, Set, load_set, sample, write_rows
from rivals.table import Rate, Result, print_table

from ondol.assemble import open_model_store
from ondol.errors import OndolError
from ondol.settings import load_settings

RIVALS = ("txtai", "haystack", "llama_index", "langchain")
E5, MINILM = "multilingual-e5-small", "all-minilm-l6-v2"
HERE = Path(__file__).parent
BLOCK = 10
"""Questions asked of one system before it is another's turn."""
NOTES = """\
Notes
- Without a model hub only all-MiniLM-L6-v2 and multilingual-e5-small can be had. all-MiniLM-L6-v2 is the default of
  txtai and the tutorial's choice for LangChain with Chroma; Haystack's default (all-mpnet-base-v2, English) and
  LlamaIndex's (OpenAI, or BAAI/bge-small-en-v1.5 on one's own machine, English) are replaced by it, all other settings
  being theirs.
- Title and text are one text for the rivals; ondol gets records with a title. Hits are asked for 30 deep, and the first
  10 different passages count.
- docs/s is the median of the rounds on the sample, models loaded. ondol's includes its lexical index and files on disk;
  the rivals' is without their hybrid part, and in memory. "×" is ondol's rate over theirs in the same round (median,
  least and greatest); "× CPU" counts documents by CPU second, which a busy machine distorts less.
- ms are of one question after another, its embedding included. MB is the peak of the process, all of its rows together.
"""


@dataclass
class Contender:
    """A process that holds one system with one model."""

    system: str
    model: str
    modes: tuple[str, ...]
    process: subprocess.Popen[str] | None = None
    rates: list[Rate] = field(default_factory=list)
    ranked: dict[str, list[list[str]]] = field(default_factory=dict)
    ms: dict[str, list[float]] = field(default_factory=dict)

    def start(self, python: Path, models: Path, options: argparse.Namespace) -> Self:
        script = HERE / "rivals" / f"with_{self.system}.py"
        threads = {name: str(options.threads) for name in ("OMP_NUM_THREADS", "ONDOL_THREADS") if options.threads}
        with options.log.open("a") as errors:
            self.process = subprocess.Popen(
                [python, script], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=errors, encoding="utf-8",
                env={**os.environ, **QUIET, **threads},
            )  # fmt: skip
        opened = self.ask("open", model=str(models / self.model), e5=self.model == E5)
        names = ", ".join(f"{name} {number}" for name, number in opened["versions"].items())
        print(f"{self.system}, {self.model}: {names}, opened in {opened['seconds']:.1f} s", file=sys.stderr, flush=True)
        return self

    def ask(self, do: str, **rest: Any) -> dict[str, Any]:
        self.process.stdin.write(json.dumps({"do": do, **rest}) + "\n")
        self.process.stdin.flush()
        line = self.process.stdout.readline()
        if not line:
            sys.exit(f"{self.system} with {self.model} has stopped at '{do}'; its log says why.")
        return json.loads(line)

    def stop(self) -> None:
        self.process.stdin.close()
        self.process.wait()


def main() -> None:
    options = read_options()
    store = open_model_store(load_settings())
    for name in {E5, *wanted_models(options)}:
        try:
            store.locate(name)
        except OndolError as error:
            sys.exit(f"{error} Fetch it with: ondol models pull {name}")
    pythons = {name: environment_python(name, options.environments) for name in options.systems}
    for name in options.sets:
        chosen = load_set(name, options.data, questions=options.questions, limit=options.limit)
        results = measure(chosen, pythons, store.folder, options)
        title = f"{name}: {len(chosen.passages)} passages, {len(chosen.questions)} questions"
        print_table(f"{title}, {datetime.date.today()}", results, [question.right for question in chosen.questions])
    print(NOTES)


def read_options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--sets", nargs="+", default=list(SETS), choices=SETS)
    parser.add_argument("--systems", nargs="*", default=list(RIVALS), choices=RIVALS, help="beside ondol")
    parser.add_argument("--models", nargs="+", default=["default", "e5"], choices=["default", "e5"])
    parser.add_argument("--modes", nargs="+", default=["hybrid"], help="of ondol; others stand beside the first")
    parser.add_argument("--questions", type=int, default=300, help="from the second half of each set")
    parser.add_argument("--limit", type=int, default=0, help="passages of each set; 0 takes all")
    parser.add_argument("--sample", type=int, default=100, help="passages whose ingest is timed")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--threads", type=int, default=0, help="of every system; 0 leaves each its own default")
    parser.add_argument("--environments", type=Path, default=HERE.parent / ".cache" / "rivals")
    parser.add_argument("--log", type=Path, default=Path(tempfile.gettempdir()) / "ondol-retrieval.log")
    return parser.parse_args()


def measure(chosen: Set, pythons: dict[str, Path], models: Path, options: argparse.Namespace) -> list[Result]:
    contenders = [Contender("ondol", E5, tuple(options.modes))]
    for system in options.systems:
        contenders += [Contender(system, model, ("dense", "hybrid")) for model in wanted_models(options)]
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        for contender in contenders:
            contender.start(pythons.get(contender.system, Path(sys.executable)), models, options)
            stack.callback(contender.stop)
        time_ingest(contenders, write_rows(folder / "sample.jsonl", sample(chosen.passages, options.sample)), options)
        everything = write_rows(folder / "passages.jsonl", chosen.passages)
        for contender in contenders:
            fill(contender, everything, options.environments / "vectors.db")
        search(contenders, [question.text for question in chosen.questions])
        return [result for contender in contenders for result in results_of(contender)]


def wanted_models(options: argparse.Namespace) -> list[str]:
    return [MINILM if name == "default" else E5 for name in options.models]


def time_ingest(contenders: list[Contender], passages: Path, options: argparse.Namespace) -> None:
    size = len(passages.read_text(encoding="utf-8").splitlines())
    for number in range(options.rounds):
        for contender in rotated(contenders, number):
            took = contender.ask("add", passages=str(passages))
            contender.rates.append(Rate(size / took["seconds"], size / took["cpu"]))
            told = f"{size / took['seconds']:.1f} docs/s, {took['cpu']:.1f} s of CPU"
            print(f"  {contender.system}, {contender.model}: {told}", file=sys.stderr, flush=True)


def fill(contender: Contender, passages: Path, shared: Path) -> None:
    """The whole set; ondol embeds it itself, its weights being in int8."""
    share = {} if contender.system == "ondol" else {"shared": str(shared)}
    seconds = contender.ask("add", passages=str(passages), **share)["seconds"]
    lexical = contender.ask("add_lexical", **share)["seconds"] if "hybrid" in contender.modes else 0
    told = f"all in {seconds:.1f} s, lexical part {lexical:.1f} s"
    print(f"  {contender.system}, {contender.model}: {told}", file=sys.stderr, flush=True)


def search(contenders: list[Contender], questions: list[str]) -> None:
    for contender in contenders:
        for mode in contender.modes:
            contender.ask("search", mode=mode, queries=questions[:2])  # the first question opens things
    for number, start in enumerate(range(0, len(questions), BLOCK)):
        for contender in rotated(contenders, number):
            for mode in contender.modes:
                answer = contender.ask("search", mode=mode, queries=questions[start : start + BLOCK])
                contender.ranked.setdefault(mode, []).extend(answer["ranked"])
                contender.ms.setdefault(mode, []).extend(answer["ms"])


def rotated(contenders: list[Contender], number: int) -> list[Contender]:
    """Who begins alternates."""
    start = number % len(contenders)
    return contenders[start:] + contenders[:start]


def results_of(contender: Contender) -> list[Result]:
    peak = contender.ask("peak")["mb"]
    return [
        Result(
            system=contender.system, model=contender.model, mode=mode, ranked=contender.ranked[mode],
            ms=contender.ms[mode], rates=contender.rates if first else [], peak_mb=peak if first else None,
        )
        for first, mode in zip([True] + [False] * len(contender.modes), contender.modes, strict=False)
    ]  # fmt: skip


if __name__ == "__main__":
    main()
