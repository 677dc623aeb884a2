"""Rules of the tree that a reader relies on: small files, honest names, a light start, complete Korean."""

from __future__ import annotations

import ast
import contextlib
import json
import pkgutil
import string
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

import pytest

import ondol
from ondol.errors import MissingExtra
from ondol.registry import Entry, resolve

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "ondol"
CODE = sorted(
    path for top in ("ondol", "tests", "benchmarks", "recipes", "examples") for path in (ROOT / top).rglob("*.py")
)
SHIPPED = [path for path in CODE if path.is_relative_to(PACKAGE)]
PACKAGES = ["ondol", *(found.name for found in pkgutil.walk_packages([str(PACKAGE)], "ondol.") if found.ispkg)]
EXTRAS = set(tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["optional-dependencies"])
MESSAGES = tomllib.loads((PACKAGE / "ko.toml").read_text(encoding="utf-8"))["message"]
HEAVY = {"faiss", "huggingface_hub", "langchain", "langchain_core", "langgraph", "lxml", "numpy", "onnx",
         "onnxruntime", "openai", "prompt_toolkit", "pydantic", "pypdfium2", "rich", "tokenizers", "torch",
         "transformers", "xllamacpp"}  # fmt: skip
FOREIGN = {"dill", "marshal", "pickle", "shelve", "eval()", "exec()", "compile()", "trust_remote_code=",
           "allow_dangerous_deserialization=", "allow_pickle="}  # fmt: skip
SHAPELESS = {"base", "common", "factory", "handler", "helpers", "manager", "misc", "utils"}


def name_of(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def tree_of(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def lines_of(function: ast.FunctionDef | ast.AsyncFunctionDef, source: list[str]) -> int:
    """Lines from `def` to the end; the docstring and blank lines are not counted."""
    body = function.body
    documented = ast.get_docstring(function, clean=False) is not None
    skipped = range(body[0].lineno, (body[0].end_lineno or 0) + 1) if documented else range(0)
    numbers = range(function.lineno, (function.end_lineno or 0) + 1)
    return sum(number not in skipped and bool(source[number - 1].strip()) for number in numbers)


def registries() -> Iterator[tuple[str, str, dict[str, Entry]]]:
    """Every dict of `Entry` in a package's `__init__`: package, variable, dict."""
    for package in PACKAGES:
        for variable, value in vars(import_module(package)).items():
            if isinstance(value, dict) and value and all(isinstance(entry, Entry) for entry in value.values()):
                yield package, variable, value


ENTRIES = [(package, registry, name) for package, _, registry in registries() for name in registry]


@pytest.mark.parametrize("path", CODE, ids=name_of)
def test_a_file_fits_in_300_lines_and_a_function_in_40(path: Path) -> None:
    source = path.read_text(encoding="utf-8").splitlines()
    functions = (node for node in ast.walk(tree_of(path)) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef))
    assert len(source) <= 300
    assert {node.name: lines_of(node, source) for node in functions if lines_of(node, source) > 40} == {}


def test_no_file_has_a_name_that_says_nothing() -> None:
    assert [name_of(path) for path in CODE if path.stem in SHAPELESS] == []


def test_registries_are_found() -> None:
    assert {variable for _, variable, _ in registries()} >= {"MODELS", "EMBEDDINGS", "VECTOR_STORES"}


@pytest.mark.parametrize(("package", "registry", "name"), ENTRIES, ids=[f"{p}:{name}" for p, _, name in ENTRIES])
def test_a_registry_line_opens_or_names_its_extra(package: str, registry: dict[str, Entry], name: str) -> None:
    extra = registry[name].extra
    assert not extra or extra in EXTRAS
    with contextlib.suppress(MissingExtra):
        assert callable(resolve(package, registry, name, what="part"))


def test_public_names_are_sorted_and_real() -> None:
    assert list(ondol.__all__) == sorted(ondol.__all__)
    assert all(getattr(ondol, name) is not None for name in ondol.__all__)


def test_no_public_name_is_also_a_module() -> None:
    modules = {path.stem for path in PACKAGE.glob("*.py")} | {path.name for path in PACKAGE.iterdir() if path.is_dir()}
    assert set(ondol.__all__) & modules == set()


@pytest.mark.parametrize("modules", [["ondol.cli.main"], PACKAGES], ids=["command line", "packages"])
def test_heavy_modules_are_not_loaded_at_the_start(modules: list[str]) -> None:
    program = f"import json, sys, {', '.join(modules)}; print(json.dumps(list(sys.modules)))"
    loaded = json.loads(subprocess.run([sys.executable, "-c", program], capture_output=True, check=True).stdout)
    assert {module.partition(".")[0] for module in loaded} & HEAVY == set()


def test_every_korean_message_translates_one_that_exists() -> None:
    constants = {
        node.value
        for path in SHIPPED
        for node in ast.walk(tree_of(path))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }
    assert [row["en"] for row in MESSAGES if row["en"] not in constants] == []


def test_korean_messages_are_unique_and_fill_the_same_gaps() -> None:
    def gaps(template: str) -> set[str]:
        return {field for _, field, _, _ in string.Formatter().parse(template) if field is not None}

    assert len({row["en"] for row in MESSAGES}) == len(MESSAGES)
    assert [row["en"] for row in MESSAGES if gaps(row["en"]) != gaps(row["ko"])] == []


def test_test_folders_mirror_the_package() -> None:
    folders = {path.parent.relative_to(ROOT / "tests") for path in (ROOT / "tests").rglob("*.py")}
    across = {"docs", "examples", "faults"}  # pages, programs; what the library survives as a whole
    assert sorted(str(folder) for folder in folders if not (PACKAGE / folder).is_dir()) == sorted(across)


@pytest.mark.parametrize("path", SHIPPED, ids=name_of)
def test_nothing_that_runs_foreign_code_is_used(path: Path) -> None:
    used = set()
    for node in ast.walk(tree_of(path)):
        match node:
            case ast.Import(names=names):
                used |= {alias.name for alias in names}
            case ast.ImportFrom(module=module):
                used.add(module)
            case ast.Call(func=ast.Name(id=function)):
                used.add(f"{function}()")
            case ast.keyword(value=ast.Constant(value=False)):
                pass
            case ast.keyword(arg=argument):
                used.add(f"{argument}=")
    assert used & FOREIGN == set()
