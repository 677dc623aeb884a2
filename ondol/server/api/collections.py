"""/api/collections: made, listed, thrown away and taken back."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated

from fastapi import APIRouter, Path
from pydantic import Field

from ondol.errors import UsageError
from ondol.lang import nfc
from ondol.library.collections import delete_collection, describe_collections, existing_folder, restore_collection
from ondol.library.folders import collection_folder, has_library
from ondol.server.api.parts import ERRORS, LONGEST_NAME, Asked, Parts, Shape

router = APIRouter(prefix="/api/collections", tags=["collections"], responses=ERRORS)
Name = Annotated[str, Path(max_length=LONGEST_NAME)]


class Collection(Shape):
    name: str
    sources: int
    chunks: int
    embeddings: str = Field(description="Spec of its embedder.")
    store: str
    bytes: int = Field(description="On the disk.")
    restorable_until: str = Field(description="ISO, of a deleted one.")


class Collections(Shape):
    collections: list[Collection]
    deleted: list[Collection] = Field(description="Those that can be restored, the latest first.")


class NewCollection(Asked):
    name: str = Field(max_length=LONGEST_NAME)


class Deleted(Shape):
    collection: str
    restorable_until: str


class Restored(Shape):
    collection: str


@router.get("")
def list_collections(engine: Parts) -> Collections:
    rows = [Collection(**asdict(row)) for row in describe_collections(engine.settings.home)]
    return Collections(
        collections=[row for row in rows if not row.restorable_until],
        deleted=[row for row in rows if row.restorable_until],
    )


@router.post("", status_code=201)
def make_collection(asked: NewCollection, engine: Parts) -> Collection:
    """Make an empty collection; a name is one line of any script."""
    name = nfc(asked.name).strip()
    if not name or not name.isprintable():
        raise UsageError("A collection needs a name.", hint="A name is one line of text.")
    home = engine.settings.home
    if has_library(collection_folder(home, name), create=False):
        raise UsageError("There is a collection '{name}' already.", hint="Choose another name.", name=name)
    with engine.library(name, create=True):
        pass
    [row] = [row for row in describe_collections(home) if row.name == name and not row.restorable_until]
    return Collection(**asdict(row))


@router.delete("/{name:path}")
def remove_collection(name: Name, engine: Parts) -> Deleted:
    """Throw a collection away; for a day it can be restored."""
    existing_folder(engine.settings.home, nfc(name))
    engine.forget(name)
    until = delete_collection(engine.settings.home, name)
    engine.forget(name)
    return Deleted(collection=nfc(name), restorable_until=until)


@router.post("/{name:path}/restore")
def take_back(name: Name, engine: Parts) -> Restored:
    """Take the collection that was deleted last under this name out of the trash."""
    restore_collection(engine.settings.home, name)
    return Restored(collection=nfc(name))
