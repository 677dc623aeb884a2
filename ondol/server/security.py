"""What every request passes before a route sees it: host, origin, token, size; and the headers of every answer."""

from __future__ import annotations

import hashlib
import hmac
import logging
import re
import secrets
import time
from dataclasses import dataclass
from http.cookies import CookieError, SimpleCookie
from ipaddress import ip_address
from socket import gethostname
from urllib.parse import parse_qs, urlsplit

import anyio
from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ondol.errors import OndolError, UsageError
from ondol.server.errors import Forbidden, Stalled, TooLarge, Unauthorized, error_response, failure, status_of
from ondol.server.token_page import PARTS, token_page

log = logging.getLogger("ondol.access")
LOCAL = ("localhost", "127.0.0.1", "::1")
COOKIE = "ondol"
UPLOADS = ("/api/uploads", "/api/runs/data")
OPEN = ("/health", *PARTS)
"""Paths that need no token."""
CSP = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob: data:; connect-src 'self'; "
    "manifest-src 'self'; form-action 'none'; base-uri 'none'; frame-ancestors 'none'"
)
HEADERS = {
    "Content-Security-Policy": CSP,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
}
AUTHORITY = re.compile(r"(\[[0-9A-Fa-f:.]+\]|[^\s:/?#@\[\]\\]+)(?::(\d{1,5}))?")
MIB = 2**20


@dataclass(frozen=True, slots=True, kw_only=True)
class Access:
    """Who may call the server, and how much they may send."""

    token: str = ""
    """Empty asks for none: for a server that only this machine reaches."""
    hosts: tuple[str, ...] = ()
    """Names by which it is called besides those of this machine, without a port."""
    any_address: bool = False
    """Any numeric address will do as well: the server listens on all of this machine's, and a foreign page has a name.
    """
    body_bytes: int = 8 * MIB
    upload_bytes: int = 512 * MIB
    stalled_s: float = 60.0
    """How long nothing may come of a body that is not whole."""

    def __post_init__(self) -> None:
        if self.token and (len(self.token) < 16 or not re.fullmatch(r"[\x21-\x7e]+", self.token)):
            raise UsageError(
                "The token is not one that protects: it needs 16 characters at least, ASCII and without spaces.",
                hint="Leave it out, and ondol makes one.",
            )

    @property
    def session(self) -> str:
        """What the page's cookie holds: it proves the token and is not it."""
        return hmac.new(self.token.encode(), b"ondol page", hashlib.sha256).hexdigest()

    def limit(self, path: str) -> int:
        return self.upload_bytes if path in UPLOADS else self.body_bytes


def new_token() -> str:
    return secrets.token_urlsafe(32)


class Guard:
    """Innermost of the outer layers, so that its answers and those of the routes have the same headers."""

    def __init__(self, app: ASGIApp, access: Access) -> None:
        self._app, self._access = app, access

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
        elif scope["type"] == "http":
            await self._serve(scope, receive, send)
        else:  # there is no WebSocket here
            await send({"type": "websocket.close", "code": 1008})

    async def _serve(self, scope: Scope, receive: Receive, send: Send) -> None:
        reply = _Reply(scope, send)
        body = _Body(receive, self._access.limit(scope["path"]), self._access.stalled_s, reply)
        try:
            headers = Headers(scope=scope)
            check_host(headers, self._access)
            check_origin(scope["method"], headers)
            if self._access.token and scope["path"] not in OPEN:
                if page := _open_page(scope, self._access):
                    await page(scope, receive, reply)
                    return
                check_token(headers, self._access)
            body.check(headers)
            await self._app(scope, body, reply)
        except OndolError as error:
            await reply.tell(error)
        except Exception as error:  # a bug: told without its words, so that no text of a document gets into a log
            await reply.tell(failure(error))
        finally:
            reply.log()


def check_host(headers: Headers, access: Access) -> None:
    """Raises Forbidden for a name that is not ours: a page elsewhere may have pointed its own name at this machine."""
    given = headers.getlist("host")
    match = AUTHORITY.fullmatch(given[0]) if len(given) == 1 else None
    name = match[1].strip("[]").lower().rstrip(".") if match else ""
    named = name in (*LOCAL, *(host.strip("[]").lower() for host in access.hosts))
    if not named and not (access.any_address and (_is_address(name) or name == gethostname().lower())):
        raise Forbidden(
            "This server is not called by that name.",
            hint="Use the address that was printed at the start, or name the host: ondol serve --allow-host NAME",
        )


def check_origin(method: str, headers: Headers) -> None:
    """Raises Forbidden for what a page of another origin has sent; programs that are no browser name no origin."""
    site = headers.get("sec-fetch-site", "none")
    opens_page = method in ("GET", "HEAD") and headers.get("sec-fetch-mode") == "navigate"
    origin = headers.get("origin")
    streams = "text/event-stream" in headers.get("accept", "")
    foreign = origin is not None and (method not in ("GET", "HEAD") or streams) and not _same(origin, headers)
    if foreign or (site not in ("none", "same-origin") and not opens_page):
        raise Forbidden("Pages of other origins may not call this server.", hint="Open ondol's own page.")


def check_token(headers: Headers, access: Access) -> None:
    """Raises Unauthorized unless the header or the page's cookie proves the token."""
    kind, _, given = headers.get("authorization", "").partition(" ")
    if kind.lower() == "bearer" and hmac.compare_digest(given.strip().encode(), access.token.encode()):
        return
    if hmac.compare_digest(_cookie(headers).encode(), access.session.encode()):
        return
    raise Unauthorized(
        "The token is missing or wrong.",
        hint="Send it as 'Authorization: Bearer TOKEN', or open the address with ?token= that was told at the start.",
    )


def _is_address(name: str) -> bool:
    try:
        return bool(ip_address(name))
    except ValueError:
        return False


def _same(origin: str, headers: Headers) -> bool:
    try:
        parts = urlsplit(origin)
    except ValueError:
        return False
    return parts.scheme in ("http", "https") and parts.netloc.lower() == headers.get("host", "").lower()


def _cookie(headers: Headers) -> str:
    try:
        found = SimpleCookie(headers.get("cookie", "")).get(COOKIE)
    except CookieError:
        return ""
    return found.value if found else ""


def _open_page(scope: Scope, access: Access) -> Response | None:
    """`/?token=…`: keeps the token in a cookie that scripts and other sites do not get, and forgets the address."""
    if scope["path"] != "/" or scope["method"] != "GET":
        return None
    [given] = parse_qs(scope["query_string"].decode("latin-1")).get("token", [""])[:1]
    if not given:
        return None
    if not hmac.compare_digest(given.encode("utf-8", "replace"), access.token.encode()):
        raise Unauthorized("The token is missing or wrong.", hint="Open the address that was printed at the start.")
    response = RedirectResponse("/", 303)
    response.set_cookie(COOKIE, access.session, httponly=True, samesite="strict", path="/")
    return response


class _Body:
    """A request's body, up to a limit, and as long as it goes on coming."""

    def __init__(self, receive: Receive, limit: int, stalled_s: float, reply: _Reply) -> None:
        self._receive, self._limit, self._stalled_s, self._reply = receive, limit, stalled_s, reply
        self._read, self._is_whole = 0, False

    def check(self, headers: Headers) -> None:
        told = headers.get("content-length", "0")
        if not told.isascii() or not told.isdigit() or int(told) > self._limit:
            raise too_large(self._limit)

    async def __call__(self) -> Message:
        if self._is_whole:  # what comes now is that the client has gone
            return await self._receive()
        with anyio.move_on_after(self._stalled_s):
            message = await self._receive()
            self._read += len(message.get("body", b""))
            self._is_whole = not message.get("more_body", False)
            if self._read <= self._limit:
                return message
            raise self._reply.refuse(too_large(self._limit))
        raise self._reply.refuse(Stalled("The request has not come to its end.", hint="Send it again."))


def too_large(limit: int) -> TooLarge:
    return TooLarge("The request is larger than {size} MiB.", hint="Send less at once.", size=limit // MIB)


class _Reply:
    """Sends the answer with the headers of all answers, and remembers what the log tells of it."""

    def __init__(self, scope: Scope, send: Send) -> None:
        self._scope, self._send, self._began = scope, send, time.monotonic()
        self._status, self._dropped = 0, False
        self._refused: OndolError | None = None

    def refuse(self, error: OndolError) -> OndolError:
        """Tell `error` whatever the route will say: a route takes it for another mistake."""
        self._refused = error
        return error

    async def __call__(self, message: Message) -> None:
        if self._dropped:
            return
        if message["type"] == "http.response.start":
            if self._refused and message["status"] != status_of(self._refused):
                await self.tell(self._refused)
                self._dropped = True
                return
            self._status = message["status"]
            headers = MutableHeaders(scope=message)
            for name, value in HEADERS.items():
                headers.setdefault(name, value)
            changes = self._scope["path"].startswith(("/api/", "/v1/"))
            headers.setdefault("Cache-Control", "no-store" if changes else "no-cache")
        await self._send(message)

    async def tell(self, error: OndolError) -> None:
        if self._status:
            return  # it has begun; the connection is closed instead
        self._refused = None
        accepted = Headers(scope=self._scope).get("accept-language")
        response = token_page(self._scope, error) or error_response(error, self._scope["path"], accepted)
        await response(self._scope, _nothing, self)

    def log(self) -> None:
        """The route as it is written in the program: names of threads and sources stand in paths."""
        route = getattr(self._scope.get("route"), "path", "-")
        log.info("%s %s %s %d ms", self._scope["method"], route, self._status, 1000 * (time.monotonic() - self._began))


async def _nothing() -> Message:
    return {"type": "http.disconnect"}
