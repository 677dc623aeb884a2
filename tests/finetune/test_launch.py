"""What Accelerate is told; that two processes train like one is in test_interrupted."""

import pytest
import yaml

from ondol.errors import UsageError
from ondol.finetune.launch import check_launch, write_launcher


def test_a_processor_gets_plain_copies(make_config):
    rows = yaml.safe_load(write_launcher(make_config(), 2))
    assert (rows["distributed_type"], rows["num_processes"], rows["use_cpu"]) == ("MULTI_CPU", 2, True)
    assert rows["mixed_precision"] == "no"


@pytest.mark.parametrize(
    ("strategy", "kind", "part"),
    [("", "MULTI_GPU", None), ("fsdp", "FSDP", "fsdp_config"), ("zero3", "DEEPSPEED", "deepspeed_config")],
)
def test_gpus_get_what_the_strategy_says(make_config, strategy, kind, part):
    rows = yaml.safe_load(write_launcher(make_config(device="cuda", strategy=strategy, accumulate=4), 8))
    assert (rows["distributed_type"], rows["num_processes"], rows["mixed_precision"]) == (kind, 8, "bf16")
    if part == "deepspeed_config":
        assert (rows[part]["zero_stage"], rows[part]["gradient_accumulation_steps"]) == (3, 4)
    if part == "fsdp_config":
        assert rows[part]["fsdp_state_dict_type"] == "FULL_STATE_DICT"


def test_accelerate_reads_what_is_written(make_config, tmp_path):
    from accelerate.commands.config.config_args import load_config_from_file

    for strategy in ("", "fsdp", "zero2"):
        path = tmp_path / f"{strategy}.yaml"
        path.write_text(write_launcher(make_config(device="cuda", strategy=strategy), 4))
        assert load_config_from_file(str(path)).num_processes == 4


def test_a_strategy_for_gpus_is_refused_on_a_processor(make_config):
    with pytest.raises(UsageError, match="shares a network out over GPUs"):
        check_launch(make_config(strategy="zero2"))
    with pytest.raises(UsageError, match="strategy is 'zero9'"):
        make_config(strategy="zero9")
