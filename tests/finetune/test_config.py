"""A run is one file that makes the same run again."""

import pytest

from ondol.errors import BackendError, UsageError
from ondol.finetune.config import FinetuneConfig, make_config, read_config, write_config
from ondol.finetune.data import DataSource
from ondol.finetune.start import begun


def test_a_run_is_written_and_read_without_loss(tmp_path):
    (tmp_path / "a.csv").touch()
    config = FinetuneConfig(
        name="온돌", base="hf:x", method="lora", dora=True, rate=3e-4, targets=("q_proj", "v_proj"),
        data=(DataSource(path=tmp_path / "a.csv", weight=0.5, columns={"question": '{질문} "왜"?\n'}),),
        valid=tmp_path / "a.csv", system="Say \\ it\tbriefly.",
    )  # fmt: skip
    path = tmp_path / "run.toml"
    path.write_text(write_config(config), encoding="utf-8")
    assert read_config(path) == config


def test_paths_count_from_the_file_s_folder_and_options_win(tmp_path):
    path = tmp_path / "run.toml"
    path.write_text('name = "x"\nbase = "hf:b"\nepochs = 2\ndata = ["a.csv", { path = "b.csv", weight = 2 }]\n')
    config = read_config(path, epochs=5.0, rank=None)
    assert [source.path for source in config.data] == [tmp_path / "a.csv", tmp_path / "b.csv"]
    assert (config.data[1].weight, config.epochs, config.rank) == (2.0, 5.0, 16)


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        ({"rnak": 8}, "sets 'rnak'"),
        ({"name": ""}, "does not say name"),
        ({"method": "lorra"}, "method is 'lorra'"),
        ({"batch": 0, "rank": 0}, "rank is 0, it must be 1 or more; batch is 0"),
        ({"name": "a/b"}, "cannot be the name of a folder"),
        ({"valid_share": 1.5}, "valid_share is 1.5"),
        ({"method": "full", "dora": True}, "dora belongs to lora"),
        ({"batch": "many"}, "another kind"),
    ],
)
def test_mistakes_are_told_together(rows, words, tmp_path):
    whole = {"name": "x", "base": "hf:b", "data": (DataSource(path=tmp_path / "a.csv"),), **rows}
    with pytest.raises(UsageError) as told:
        make_config(whole, "run.toml")
    assert words in told.value.message
    assert told.value.hint


def test_a_file_that_is_no_run_is_told(tmp_path):
    for text, words in (("name =", "is not a TOML file"), ('name="x"\nbase="b"\ndata=[3]', "cannot be understood")):
        (tmp_path / "run.toml").write_text(text)
        with pytest.raises(UsageError, match=words):
            read_config(tmp_path / "run.toml")


def test_a_home_that_cannot_be_written_to_is_told(tmp_path):
    (tmp_path / "adapters").write_text("a file where a folder should be")
    config = FinetuneConfig(name="x", base="hf:x", data=(DataSource(path=tmp_path / "a.csv"),))
    with pytest.raises(BackendError, match="cannot be written") as told, begun(config, tmp_path):
        pass
    assert "--home" in told.value.hint
