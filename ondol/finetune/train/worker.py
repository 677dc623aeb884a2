"""One of several processes of a run: `python -m ondol.finetune.train.worker RUN.toml HOME FOLDER`, by Accelerate."""

from __future__ import annotations

import sys
from pathlib import Path

from ondol.errors import OndolError
from ondol.finetune.config import read_config
from ondol.finetune.folder import is_main_process
from ondol.finetune.train.printed import Printed
from ondol.finetune.train.run import run_chat
from ondol.model_store.store import ModelStore
from ondol.progress import Silent


def main() -> None:
    run, home, folder = map(Path, sys.argv[1:4])
    progress = Printed() if is_main_process() else Silent()
    try:
        run_chat(read_config(run), store=ModelStore(home), folder=folder, progress=progress)
    except OndolError as error:
        print(error, file=sys.stderr)
        sys.exit(error.exit_code)
    except KeyboardInterrupt:
        sys.exit(130)


if __name__ == "__main__":
    main()
