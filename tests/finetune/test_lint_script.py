"""The two label mistakes and the arguments that are gone, in scripts and notebooks; a right script is left alone."""

import json

import pytest

from ondol.finetune.lint_script import lint_script

TUTORIAL = """
from transformers import AutoModelForCausalLM, AutoTokenizer, Trainer, TrainingArguments
tokenizer = AutoTokenizer.from_pretrained("llama")
tokenizer.pad_token = tokenizer.eos_token
data = [{"question": "What is ondol?", "answer": "A heated floor."}]

def tokenize(example):
    text = f"Question: {example['question']} Answer: {example['answer']}"
    tokens = tokenizer(text, padding="max_length", truncation=True, max_length=64)
    tokens["labels"] = tokens["input_ids"].copy()
    return tokens

args = TrainingArguments(
    output_dir="out",
    evaluation_strategy="epoch",
    warmup_ratio=0.1,
)
trainer = Trainer(model=model, args=args, train_dataset=dataset, tokenizer=tokenizer)
trainer.train()
"""
COLLATED = """
from transformers import DataCollatorForLanguageModeling as Collator, Trainer
tokenizer.pad_token = tokenizer.eos_token
collator = Collator(tokenizer, mlm=False)
Trainer(model=model, data_collator=collator, processing_class=tokenizer).train()
"""
RIGHT = """
import torch
from transformers import DataCollatorForSeq2Seq, Trainer, TrainingArguments
IGNORED = -100
tokenizer.pad_token = tokenizer.eos_token

def tokenize(row):
    prompt = tokenizer.apply_chat_template(row["messages"][:-1], tokenize=True, return_dict=True)["input_ids"]
    input_ids = tokenizer.apply_chat_template(row["messages"], tokenize=True, return_dict=True)["input_ids"]
    labels = input_ids.copy()
    labels[: len(prompt)] = [IGNORED] * len(prompt)
    return {"input_ids": input_ids, "labels": labels}

args = TrainingArguments("out", eval_strategy="epoch", warmup_steps=0.03, per_device_train_batch_size=8)
Trainer(model=model, args=args, data_collator=DataCollatorForSeq2Seq(tokenizer, padding=True)).train()
"""
TEXTS = """
def group_texts(examples):
    joined = {key: sum(examples[key], []) for key in examples}
    result = {key: [row[i : i + 512] for i in range(0, len(row), 512)] for key, row in joined.items()}
    result["labels"] = result["input_ids"].copy()
    return result
"""


@pytest.fixture(autouse=True)
def english(monkeypatch):
    monkeypatch.setenv("ONDOL_LANG", "en")


def kinds(source):
    return [(finding.kind, finding.level, finding.rows[0]) for finding in lint_script(source, "t.py")]


def masked_by(line):
    return f"""
def tokenize(row):
    tokens = tokenizer(row["question"] + row["answer"], padding="max_length")
    tokens["labels"] = tokens["input_ids"].copy()
    {line}
    return tokens
"""


def test_the_tutorial_has_its_mistakes_named_by_line():
    assert kinds(TUTORIAL) == [
        ("labels_are_inputs", "error", "t.py:10"),
        ("gone_argument", "error", "t.py:15"),
        ("gone_argument", "error", "t.py:16"),
        ("gone_argument", "error", "t.py:18"),
    ]
    labels, evaluation, _, trainer = lint_script(TUTORIAL, "t.py")
    assert labels.message.startswith("t.py:10: the labels are a copy of the input, padding included")
    assert "[-100] * len(prompt_ids) + answer_ids + [eos_id]" in labels.fix
    assert evaluation.message == "t.py:15: TrainingArguments of transformers 5 does not take evaluation_strategy."
    assert evaluation.fix == "Write eval_strategy=… instead."
    assert trainer.fix == "Write processing_class=… instead."


@pytest.mark.parametrize(
    "line",
    [
        'batch["labels"] = batch["input_ids"]',
        'batch["labels"] = batch["input_ids"].clone()',
        "labels = batch.input_ids[:]",
        'batch["labels"] = list(batch["input_ids"])',
        'batch["labels"] = copy.deepcopy(batch["input_ids"])',
        'batch["labels"] = [ids[:] for ids in batch["input_ids"]]',
        'x = {"input_ids": ids, "labels": ids.copy()}',
        "x = dict(input_ids=ids, labels=ids)",
        'dataset = dataset.add_column("labels", dataset["input_ids"])',
        'loss = model(**batch, labels=batch["input_ids"]).loss; loss.backward()',
        "model(ids, labels=ids).loss.backward()",
    ],
)
def test_every_way_to_copy_the_input_is_known(line):
    source = f'batch = tokenizer(texts, padding="max_length")\n{line}\n'
    assert kinds(source) == [("labels_are_inputs", "error", "t.py:2")]


def test_without_padding_the_prompt_is_still_learnt():
    source = TUTORIAL.replace('padding="max_length", ', "").replace("tokenizer.pad_token = tokenizer.eos_token", "")
    assert kinds(source)[0] == ("labels_are_inputs", "warning", "t.py:10")


@pytest.mark.parametrize(
    "line",
    [
        "tokenizer.pad_token = tokenizer.eos_token",
        "tokenizer.pad_token_id = tokenizer.eos_token_id",
        'tokenizer.pad_token = "</s>"',
        'tokenizer = AutoTokenizer.from_pretrained(base, pad_token="</s>")',
        'tokenizer.add_special_tokens({"pad_token": tokenizer.eos_token})',
    ],
)
def test_a_collator_that_masks_the_end_is_told_with_both_lines(line):
    found = lint_script(COLLATED.replace("tokenizer.pad_token = tokenizer.eos_token", line), "t.py")
    assert [(finding.kind, finding.rows) for finding in found] == [("end_not_learnt", ("t.py:4",))]
    assert "the pad is the end token (t.py:3)" in found[0].message


@pytest.mark.parametrize(
    "source",
    [
        RIGHT,
        TEXTS,
        "",
        COLLATED.replace("tokenizer.eos_token", '"<|pad|>"'),
        COLLATED.replace("mlm=False", "mlm=True"),
        COLLATED.replace("tokenizer.pad_token =", "model.config.pad_token_id ="),
        "model.generate(**batch, pad_token_id=tokenizer.eos_token_id)\nmodel(input_ids=ids, labels=ids)",
        'labels = tokenizer(answers)["input_ids"]',
        "plan(warmup_ratio=0.1)",
        "Helper(tokenizer=tokenizer)",
    ],
)
def test_a_right_script_is_left_alone(source):
    assert kinds(source) == []


@pytest.mark.parametrize(
    "line",
    [
        'tokens["labels"] = [-100 if i == pad else i for i in tokens["input_ids"]]',
        "labels[labels == pad] = -100",
        "labels = labels.masked_fill(mask == 0, -100)",
        "labels[:start] = torch.full((start,), -100)",
    ],
)
def test_labels_that_are_masked_later_are_left_alone(line):
    assert kinds(masked_by(line)) == []


@pytest.mark.parametrize(
    "line",
    [
        "labels = np.where(labels != -100, labels, pad)",
        "labels[labels == -100] = pad",
        "loss = CrossEntropyLoss(ignore_index=-100)",
        "IGNORED = -100",
    ],
)
def test_to_read_the_mark_is_not_to_set_it(line):
    assert [kind for kind, *_ in kinds(masked_by(line))] == ["labels_are_inputs"]


@pytest.mark.parametrize(
    "name", ["evaluation_strategy", "overwrite_output_dir", "warmup_ratio", "group_by_length", "save_safetensors"]
)
@pytest.mark.parametrize(
    "call",
    [
        "TrainingArguments({name}=1)",
        "transformers.Seq2SeqTrainingArguments({name}=1)",
        "SFTConfig(**{{'{name}': 1}})",
        "options = dict({name}=1); TrainingArguments(**options)",
    ],
)
def test_every_argument_that_is_gone_is_found(name, call):
    found = lint_script(call.format(name=name), "t.py")
    assert [finding.rows for finding in found] == [("t.py:1",)]
    assert name in found[0].message


def test_a_notebook_is_read_by_cell():
    cells = [
        {"cell_type": "markdown", "source": "# labels = input_ids"},
        {"cell_type": "code", "source": ["%pip install transformers\n", "!nvidia-smi\n", "import torch\n"]},
        {"cell_type": "code", "source": "%%bash\necho (\n"},
        {"cell_type": "code", "source": "if True:\n    !ls\ntokenizer.pad_token = tokenizer.eos_token\n"},
        {
            "cell_type": "code",
            "source": ["def tokenize(rows):\n", "    rows['labels'] = rows['input_ids']\n", "    return rows\n"],
        },
    ]
    found = lint_script(json.dumps({"cells": cells}), "train.ipynb")
    assert [finding.rows for finding in found] == [("train.ipynb:cell 5, line 2",)]


@pytest.mark.parametrize(
    ("source", "name", "row"),
    [
        ("def (:\n", "t.py", "t.py:1"),
        ("[1]", "t.ipynb", "t.ipynb"),
        ("{", "t.ipynb", "t.ipynb:1"),
        ("{}", "t.ipynb", "t.ipynb"),
        ("a\x00b", "t.py", "t.py"),
        (
            json.dumps({"cells": [{"cell_type": "code", "source": "x = 1\ndef (:"}]}),
            "t.ipynb",
            "t.ipynb:cell 1, line 2",
        ),
    ],
)
def test_what_is_no_python_is_told(source, name, row):
    found = lint_script(source, name)
    assert [(finding.kind, finding.rows) for finding in found] == [("unreadable_script", (row,))]


def test_nothing_of_a_script_is_run(tmp_path):
    lint_script(f"open({str(tmp_path / 'made')!r}, 'w')", "t.py")
    assert list(tmp_path.iterdir()) == []
