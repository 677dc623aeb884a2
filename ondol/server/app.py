"""The web application: routes, what guards them, and the page."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib import import_module
from importlib.metadata import version
from pathlib import Path

from anyio import to_thread
from fastapi import FastAPI
from fastapi.telemetry import TelemetryConfig
from starlette.middleware.gzip import GZipMiddleware
from starlette.staticfiles import StaticFiles

from ondol.server.api.source_paths import SourcePaths
from ondol.server.engine import Engine
from ondol.server.route_errors import add_error_handlers
from ondol.server.security import Access, Guard

API = (
    "search", "ask", "settings", "collections", "sources", "uploads", "threads", "feedback", "models", "adapters",
    "runs", "evaluations", "jobs",
)  # fmt: skip
"""Modules of `ondol.server.api`, each with its `router`; what is called most stands first."""
OPENAI = ("chat", "completions", "embeddings", "models", "tutorial")
SILENT: TelemetryConfig = {"tracing": False, "metrics": False, "logs": False, "auto_configure": False}
"""FastAPI would hand what was asked to OpenTelemetry, where that is set up."""
PAGE = Path(__file__).with_name("page")
SMALLEST = 500
"""Bytes from which a file of the page is compressed."""
VERSION = version("ondol")


def make_app(engine: Engine, access: Access | None = None) -> FastAPI:
    """The application; it closes `engine` when it ends.

    Args:
        access: who may call it; programs and pages of this machine when not given.
    """
    app = FastAPI(title="ondol", version=VERSION, lifespan=_lifespan, docs_url=None, redoc_url=None, telemetry=SILENT)
    app.state.engine, app.state.access = engine, access or Access()
    add_error_handlers(app)
    app.add_api_route("/health", health, methods=["GET"])
    app.add_api_route("/health", health, methods=["HEAD"], include_in_schema=False)
    for package, names in (("api", API), ("openai", OPENAI)):
        for name in names:
            app.include_router(import_module(f"ondol.server.{package}.{name}").router)
    if PAGE.is_dir():
        app.mount("/", GZipMiddleware(StaticFiles(directory=PAGE, html=True), minimum_size=SMALLEST))
    app.add_middleware(SourcePaths)
    app.add_middleware(Guard, access=app.state.access)
    return app


async def health() -> dict[str, str]:
    """Runs on the event loop itself: no model and no thread is waited for."""
    return {"status": "ok", "version": VERSION}


@asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncIterator[None]:
    await to_thread.run_sync(app.state.engine.tidy)
    yield
    await to_thread.run_sync(app.state.engine.close)  # answers that are being cut need the loop meanwhile
