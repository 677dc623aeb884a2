"""`owner/repo:Q4_K_M`: one quantisation out of a repository of GGUF files."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path, PurePosixPath
from typing import Any

from ondol.errors import Damaged, NotFound
from ondol.model_store.catalogue import File, Model, Source

SPEC = re.compile(r"(?P<repository>[\w.-]+/[\w.-]+):(?P<quant>[\w.-]+)")
PART = re.compile(r"-(\d{5})-of-(\d{5})$")
QUANT = re.compile(r"(?<![A-Za-z0-9])((?:UD-)?(?:I?Q|TQ)\d\w*|BF16|F16|F32|MXFP4\w*)(?![A-Za-z0-9_])", re.IGNORECASE)


def is_repository(name: str) -> bool:
    """`owner/repo`, which may be a folder's path as well."""
    return bool(re.fullmatch(r"\w[\w.-]*/\w[\w.-]*", name))


def split_spec(name: str) -> tuple[str, str]:
    """Repository and quantisation of a spec."""
    repository, _, quant = name.rpartition(":")
    return repository, quant


def is_quant_spec(name: str) -> bool:
    return bool(SPEC.fullmatch(name))


def folder_name(name: str) -> str:
    """A model's folder; upper and lower case of a quantisation are one."""
    found = SPEC.fullmatch(name)
    return f"{found['repository'].replace('/', '--')}--{found['quant'].lower()}" if found else name


def list_pulled(folder: Path) -> list[str]:
    """Specs of the repositories below a store's folder."""
    rows = [path.name for path in sorted(folder.glob("*--*--*")) if not path.name.startswith(".")]
    pieces = [(row.partition("--")[0], *row.partition("--")[2].rpartition("--")[::2]) for row in rows]
    return [f"{owner}/{repository}:{quant.upper()}" for owner, repository, quant in pieces]


def describe_pulled(name: str, folder: Path) -> Model:
    """What is known of it without the hub; the licence is the one noted on arrival."""
    try:
        lines = (folder / "NOTICE.txt").read_text(encoding="utf-8").splitlines()
    except (OSError, ValueError):
        lines = []
    stated = next((line.removeprefix("License: ") for line in lines if line.startswith("License: ")), "")
    return Model(name=name, kind="chat", license=stated, sources=())


def ask_hub(name: str) -> Model:
    """The entry that a spec stands for, with the files that the hub has now.

    Raises:
        BackendError: the hub does not answer.
        NotFound: the repository holds no such quantisation; the message lists those it holds.
        Damaged: parts of it are missing there.
    """
    from ondol.model_store.fetch_hub import ask

    found = SPEC.fullmatch(name)
    assert found is not None
    info = ask(found["repository"], "")
    sizes = {row.rfilename: row.size or 0 for row in info.siblings or ()}
    files = choose_files(list(sizes), found["quant"], repository=found["repository"])
    card: Any = info.card_data or {}
    page = f"https://huggingface.co/{found['repository']}"
    return Model(
        name=name,
        kind="chat",
        license=str(card.get("license_name") or card.get("license") or "not stated"),
        license_url=str(card.get("license_link") or page),
        notice=f"The licence is the one that the model card at {page} states; read it before you pass the model on.",
        sources=(
            Source(
                kind="hub",
                where=(found["repository"],),
                revision=info.sha or "",
                files=tuple(File(name=file, bytes=sizes[file]) for file in files),
            ),
        ),
    )


def names_quant(name: str, quant: str) -> bool:
    """Whether a file's name says `quant`: "m-Q4_K_M.gguf" does not say "Q4_K"."""
    return bool(re.search(rf"(?<![a-z0-9]){re.escape(quant.lower())}(?![a-z0-9_])", name.lower()))


def choose_files(names: Sequence[str], quant: str, *, repository: str) -> list[str]:
    """The file with `quant` in its name, or all parts of it; of several the one with the shortest name."""
    groups: dict[str, list[str]] = {}
    for name in sorted(names):
        path = PurePosixPath(name)
        if path.suffix.lower() == ".gguf" and ".." not in path.parts and not path.name.lower().startswith("mmproj"):
            groups.setdefault(PART.sub("", name[:-5]), []).append(name)
    fitting = [key for key in groups if names_quant(PurePosixPath(key).name, quant)]
    if not fitting:
        known = sorted({found[1].upper() for key in groups if (found := QUANT.search(PurePosixPath(key).name))})
        raise NotFound(
            "{repository} holds no GGUF file of quantisation {quant}.",
            hint="It holds: {known}." if known else "It holds no GGUF files; look for a repository with -GGUF.",
            repository=repository, quant=quant, known=", ".join(known),
        )  # fmt: skip
    chosen = groups[min(fitting, key=lambda key: (len(key), key))]
    split = PART.search(chosen[0][:-5])
    if split and len(chosen) != int(split[2]):
        raise Damaged("{repository} holds {count} of {wanted} parts of {quant}.", hint="Take another quantisation.",
                      repository=repository, count=len(chosen), wanted=int(split[2]), quant=quant)  # fmt: skip
    return chosen
