"""GET /v1/models: what a client may name as `model`."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request

from ondol.errors import NotFound
from ondol.lang import nfc
from ondol.library.folders import list_collections
from ondol.server.engine import Engine
from ondol.server.offers import list_offers
from ondol.server.openai.citations import NAME

router = APIRouter()


@router.get("/v1/models")
def models(request: Request) -> dict[str, Any]:
    return {"object": "list", "data": _rows(request.app.state.engine)}


@router.get("/v1/models/{name:path}")
def model(request: Request, name: str) -> dict[str, Any]:
    found = next((row for row in _rows(request.app.state.engine) if row["id"] == nfc(name)), None)
    if not found:
        raise NotFound("The server has no model '{name}'.", hint="See: GET /v1/models", name=name, param="model")
    return found


def _rows(engine: Engine) -> list[dict[str, Any]]:
    """`ondol`, `ondol/COLLECTION` for each collection, then the models and adapters that are ready."""
    names = [NAME, *(f"{NAME}/{name}" for name in list_collections(engine.settings.home))]
    rows = [_row(name, "library", 0) for name in names]
    return rows + [_row(offer.name, offer.kind, offer.created) for offer in list_offers(engine.settings)]


def _row(name: str, kind: str, created: int) -> dict[str, Any]:
    return {"id": name, "object": "model", "created": created, "owned_by": "ondol", "kind": kind}
