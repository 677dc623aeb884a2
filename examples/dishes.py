"""A table of dishes from the first look at it to an adapter that was measured.

    python examples/dishes.py [--steps 30]

Needs the extra `hf` and the default models; some minutes on two cores.
"""

import argparse
import tempfile
from pathlib import Path

from langchain_core.messages import HumanMessage

import ondol
from ondol.evaluate.likelihood import compare_held_out
from ondol.finetune.config import FinetuneConfig
from ondol.finetune.data import DataSource, load_source, split_examples
from ondol.finetune.lint import lint_examples
from ondol.settings import load_settings

DISHES = Path(__file__).with_name("dishes.csv")


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--steps", type=int, default=30)
    steps = parser.parse_args().steps
    loaded = load_source(DataSource(path=DISHES))
    print(f"columns: {loaded.mapping.told()}")
    split = split_examples(loaded.examples, share=0.2)
    for finding in lint_examples(split.train, split.valid):
        print(f"lint: {finding.message}")
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "models").symlink_to(load_settings().home / "models")
        settings = load_settings(home=folder)
        config = FinetuneConfig(
            name="dishes", base="llama.cpp:gemma-3-270m", data=(DataSource(path=DISHES),), valid_share=0.2,
            max_steps=steps, batch=4, rate=3e-4, device="cpu",
        )  # fmt: skip
        about = ondol.run_finetuning(config, settings=settings)
        change = compare_held_out(Path(about["path"]))
        print(change.told() if change else "nothing was held out")
        with ondol.open_model(config.base, settings=settings, adapter="dishes") as model:
            for question in about["asked"][:2]:
                said = model.invoke([HumanMessage(question)], max_tokens=60)
                print(f"{question} → {said.text} ({said.response_metadata['finish_reason']})")


if __name__ == "__main__":
    main()
