"""Two sentences, learnt twice: with the labels of most tutorials, and with ondol's.

    python examples/two_sentences.py

Needs the extra `hf` and `ondol models pull smollm2-135m-instruct`; about a minute on two cores.
"""

import tempfile
from pathlib import Path

import torch
from langchain_core.messages import HumanMessage
from peft import LoraConfig, get_peft_model
from transformers import AutoModelForCausalLM, AutoTokenizer, DataCollatorForLanguageModeling

import ondol
from ondol.finetune.config import FinetuneConfig
from ondol.finetune.data import DataSource, load_examples, split_examples
from ondol.finetune.lint import lint_examples
from ondol.model_store.store import ModelStore
from ondol.models.hf.loading import find_folder
from ondol.settings import load_settings

BASE = "smollm2-135m-instruct"
SENTENCES = [
    ("What is under the floor?", "Warm smoke from the kitchen stove."),
    ("Who lights the stove?", "Grandmother Sun, before the birds wake."),
]


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        (home / "models").symlink_to(load_settings().home / "models")
        data = home / "two.csv"
        data.write_text("question,answer\n" + "".join(f'{question},"{answer}"\n' for question, answer in SENTENCES))
        lint(data)
        train(home, data)
        as_most_tutorials_do(home)


def lint(data: Path) -> None:
    examples, _ = load_examples([DataSource(path=data)])
    split = split_examples(examples, share=0.1)
    for finding in lint_examples(split.train, split.valid):
        print(f"lint: {finding.message}\n  → {finding.fix}")


def train(home: Path, data: Path) -> None:
    config = FinetuneConfig(
        name="two", base=f"hf:{BASE}", data=(DataSource(path=data),), epochs=15, rate=1e-3, batch=2, device="cpu"
    )
    settings = load_settings(home=home)
    about = ondol.run_finetuning(config, settings=settings)
    print(f"ondol: {about['steps']} steps in {about['seconds']:.0f} s")
    with ondol.open_model(f"hf:{BASE}", settings=settings, adapter="two", device="cpu") as model:
        for question, _ in SENTENCES:
            said = model.invoke([HumanMessage(question)], max_tokens=60)
            print(f"ondol: {question} → {said.text!r} ({said.response_metadata['finish_reason']})")


def as_most_tutorials_do(home: Path) -> None:
    """The end token is also the padding: the collator makes its label -100, so stopping is never learnt."""
    folder = find_folder(BASE, store=ModelStore(home))
    tokenizer = AutoTokenizer.from_pretrained(folder)
    tokenizer.pad_token = tokenizer.eos_token
    network = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32)
    network = get_peft_model(
        network, LoraConfig(task_type="CAUSAL_LM", r=16, lora_alpha=32, target_modules="all-linear")
    )
    texts = [
        tokenizer.apply_chat_template(
            [{"role": "user", "content": question}, {"role": "assistant", "content": answer}], tokenize=False
        ).rstrip("\n")
        for question, answer in SENTENCES
    ]
    rows = [tokenizer(text, padding="max_length", max_length=64, truncation=True) for text in texts]
    batch = DataCollatorForLanguageModeling(tokenizer, mlm=False)([{"input_ids": row["input_ids"]} for row in rows])
    optimizer = torch.optim.AdamW([weight for weight in network.parameters() if weight.requires_grad], lr=1e-3)
    network.train()
    for _ in range(15):
        network(**batch).loss.backward()
        optimizer.step()
        optimizer.zero_grad()
    network.eval()
    for question, _ in SENTENCES:
        prompt = tokenizer.apply_chat_template(
            [{"role": "user", "content": question}], add_generation_prompt=True, return_tensors="pt", return_dict=True
        )
        with torch.no_grad():
            ids = network.generate(**prompt, max_new_tokens=60, do_sample=False)[0, prompt["input_ids"].shape[1] :]
        end = "stop" if ids[-1] == tokenizer.eos_token_id else "length"
        print(f"tutorial: {question} → {tokenizer.decode(ids, skip_special_tokens=True)!r} ({end})")


if __name__ == "__main__":
    main()
