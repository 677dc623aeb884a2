"""How much the page loads and how soon it can be used, in a browser that has never seen it.

    python benchmarks/page.py [--loads 20] [--home FOLDER]

`ondol serve` runs in a process of its own on loopback over the samples, and Debian's chromium opens the ask view with
an empty cache each time, in English and in Korean. Counted until the page is idle: requests, and the bytes of their
bodies as the server sends them. It can be used when what the library holds is shown, and the field for a question is
enabled and has the focus.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import numpy as np
from playwright.sync_api import Browser, sync_playwright
from serve import PROGRAM, spread

from ondol.settings import default_home

ADDRESS = "http://127.0.0.1:8096/"
SAMPLES = str(Path(__file__).parents[1] / "ondol" / "samples")
LOCALES = {"en": "en-US", "ko": "ko-KR"}
WATCH = """
const look = () => {
  const field = document.activeElement;
  const shown = document.querySelector('.welcome p')?.innerText;
  if (shown && field?.matches('.composer textarea:enabled')) window.usableAt = performance.now();
  else requestAnimationFrame(look);
};
requestAnimationFrame(look);
"""
SENT = "performance.getEntries().filter((row) => 'encodedBodySize' in row).map((row) => row.encodedBodySize)"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--loads", type=int, default=20)
    parser.add_argument("--home", type=Path, help="Where the library stays; else it is thrown away.")
    options = parser.parse_args()
    program = shutil.which("chromium") or shutil.which("google-chrome")
    with (
        tempfile.TemporaryDirectory() as folder,
        serving(options.home or Path(folder)),
        sync_playwright() as playwright,
        playwright.chromium.launch(executable_path=program, args=["--no-sandbox"]) as browser,
    ):
        for language in LOCALES:
            rows = [load(browser, language) for _ in range(options.loads)]
            sizes, counts, seconds = zip(*rows, strict=True)
            print(f"{language}: {max(sizes):,} bytes in {max(counts)} requests, "
                  f"can be used after {spread(seconds)} of {options.loads} loads")  # fmt: skip


@contextmanager
def serving(home: Path) -> Iterator[None]:
    home.mkdir(parents=True, exist_ok=True)
    if not (home / "models").exists():
        (home / "models").symlink_to(default_home() / "models")
    environment = {**os.environ, "ONDOL_HOME": str(home)}
    subprocess.run([PROGRAM, "add", SAMPLES], env=environment, check=True, stdout=sys.stderr)
    process = subprocess.Popen([PROGRAM, "serve", "--port", "8096"], env=environment, stderr=subprocess.DEVNULL)
    try:
        wait_for_server()
        yield
    finally:
        process.terminate()
        process.wait(60)


def wait_for_server() -> None:
    for _ in range(600):
        try:
            httpx.get(f"{ADDRESS}health").raise_for_status()
            return
        except httpx.HTTPError:
            time.sleep(0.1)
    raise TimeoutError(ADDRESS)


def load(browser: Browser, language: str) -> tuple[int, int, float]:
    """Bytes and number of what is sent, and seconds until the page can be used."""
    context = browser.new_context(locale=LOCALES[language])  # with a cache of its own
    page = context.new_page()
    page.add_init_script(WATCH)
    page.goto(ADDRESS, wait_until="networkidle")
    page.wait_for_function("window.usableAt")
    sizes, ms = page.evaluate(SENT), page.evaluate("window.usableAt")
    context.close()
    return int(np.sum(sizes)), len(sizes), ms / 1000


if __name__ == "__main__":
    main()
