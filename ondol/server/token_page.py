"""What a browser sees that has no token yet: where to find it, and a field for it."""

from __future__ import annotations

from pathlib import Path

from starlette.datastructures import Headers
from starlette.responses import HTMLResponse, Response
from starlette.types import Scope

from ondol.errors import OndolError
from ondol.server.errors import Unauthorized

PAGE = Path(__file__).parent / "page" / "token.html"
PARTS = ("/css/tokens.css", "/css/parts.css", "/css/token.css", "/icons/ondol.svg")
"""What the page is drawn with; it needs no token."""
CSP = (
    "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)


def token_page(scope: Scope, error: OndolError) -> Response | None:
    """For a person who opens the page without a token or with a wrong one; None for all else."""
    opens = scope["path"] in ("/", "/index.html") and scope["method"] == "GET"
    if not (opens and isinstance(error, Unauthorized) and "text/html" in Headers(scope=scope).get("accept", "")):
        return None
    headers = {"Content-Security-Policy": CSP, "WWW-Authenticate": "Bearer", "Cache-Control": "no-store"}
    return HTMLResponse(PAGE.read_bytes(), 401, headers)
