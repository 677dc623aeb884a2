"""What an upload that broke off leaves is swept away, and what is coming in just now is not."""

import subprocess
import sys

from ondol.server.uploads.keep import incoming_folder, sweep_incoming

BREAKS_OFF = (
    "import os, sys; from pathlib import Path; from ondol.server.uploads.keep import incoming_folder\n"
    "(incoming_folder(Path(sys.argv[1])) / 'half').write_bytes(b'half a file'); print('there', flush=True)\n"
    "os.kill(os.getpid(), 9)"
)


def test_what_a_killed_server_has_left_is_swept_and_what_comes_now_is_not(tmp_path):
    mine = incoming_folder(tmp_path) / "coming"
    mine.write_bytes(b"still coming")
    killed = subprocess.run([sys.executable, "-c", BREAKS_OFF, str(tmp_path)], capture_output=True, check=False)
    assert killed.stdout == b"there\n"
    assert len([*(tmp_path / "uploads").rglob("half")]) == 1
    sweep_incoming(tmp_path)
    assert [path for path in (tmp_path / "uploads").rglob("*") if path.is_file()] == [mine]


def test_a_folder_that_somebody_deleted_is_made_again(tmp_path):
    folder = incoming_folder(tmp_path)
    folder.rmdir()
    assert incoming_folder(tmp_path).is_dir()


def test_a_home_without_uploads_is_clean(tmp_path):
    sweep_incoming(tmp_path)
    assert list(tmp_path.iterdir()) == []
