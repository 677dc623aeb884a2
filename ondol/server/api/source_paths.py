"""Sources named in the path: `/api/sources/{id}/passage` is `/api/source/passage?id={id}`.

The id is what stands between slashes as they were sent; one that is percent-encoded (`%2F`) belongs to it.
"""

from __future__ import annotations

import re
from urllib.parse import quote, unquote_to_bytes

from starlette.types import ASGIApp, Receive, Scope, Send

NAMED = re.compile(rb"/api/sources/(?P<id>.*?)(?P<rest>/passage|/page/[^/]*\.png)?", re.DOTALL)


class SourcePaths:
    """Turns a path with an id into the route that takes it as a parameter."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        sent: bytes = scope.get("raw_path") or quote(scope.get("path", "")).encode()
        if scope["type"] == "http" and (named := NAMED.fullmatch(sent)):
            rest = (named["rest"] or b"").decode("latin-1")
            scope["path"] = f"/api/source{rest}"
            scope["raw_path"] = scope["path"].encode("latin-1")
            document_id = quote(unquote_to_bytes(named["id"]), safe="").encode()
            scope["query_string"] = scope["query_string"] + b"&id=" + document_id  # of two, the last one counts
        await self._app(scope, receive, send)
