from importlib import import_module
from pathlib import Path

import pytest
from fastapi import APIRouter

import ondol.server
from ondol.server.app import API, OPENAI, make_app
from ondol.server.engine import Engine
from ondol.settings import load_settings

HERE = Path(ondol.server.__file__).parent
INCLUDED_BY = {"passages": "sources"}
"""Routers that another one includes, because their order counts."""


@pytest.mark.parametrize(("package", "listed"), [("api", API), ("openai", OPENAI)])
def test_every_module_with_routes_is_included(package, listed):
    names = {path.stem for path in (HERE / package).glob("*.py")}
    with_routes = {
        name for name in names
        if isinstance(getattr(import_module(f"ondol.server.{package}.{name}"), "router", None), APIRouter)
    }  # fmt: skip
    assert with_routes - (set(INCLUDED_BY) if package == "api" else set()) == set(listed)


def test_the_routes_of_openai_and_ours_are_there(environment):
    with Engine(load_settings()) as engine:
        paths = make_app(engine).openapi()["paths"]
    assert {"/health", "/v1/chat/completions", "/v1/embeddings", "/api/ask", "/api/generate", "/api/jobs"} <= set(paths)
