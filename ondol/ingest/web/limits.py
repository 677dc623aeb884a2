"""How far reading from the web may go."""

from __future__ import annotations

from dataclasses import dataclass

from ondol.errors import UsageError


@dataclass(frozen=True, slots=True, kw_only=True)
class WebLimits:
    max_pages: int = 200
    """Pages read of one sitemap."""
    max_mb: int = 50
    """Of one page or sitemap, also after unpacking."""
    connect_s: float = 10.0
    """For each address of a host."""
    read_s: float = 30.0
    """Without a single byte."""
    total_s: float = 120.0
    """From the connection to the last byte; a redirect begins anew."""
    redirects: int = 5
    delay_s: float = 0.5
    """Between two requests to a host; its robots.txt may ask for more."""
    longest_delay_s: float = 10.0
    """What a robots.txt may ask for at most; one that asks for more gets this."""
    allow_private: bool = False
    """Read from this machine and its own network too. Link-local addresses, where clouds keep secrets, stay closed."""
    other_hosts: bool = False
    """Read the pages that a sitemap lists of other hosts too."""

    def __post_init__(self) -> None:
        counts = (self.max_pages, self.max_mb, self.connect_s, self.read_s, self.total_s)
        if min(counts) <= 0 or min(self.redirects, self.delay_s, self.longest_delay_s) < 0:
            raise UsageError("A limit for web pages is too small.", hint="Pages, size and times must be larger than 0.")

    @property
    def max_bytes(self) -> int:
        return self.max_mb << 20
