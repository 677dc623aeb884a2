from pathlib import Path

import pytest

from ondol.errors import UsageError
from ondol.settings import Settings, load_settings, setting_names


@pytest.fixture(autouse=True)
def _empty_machine(monkeypatch, tmp_path):
    """No settings but the test's own."""
    for name in setting_names():
        monkeypatch.delenv(f"ONDOL_{name.upper()}", raising=False)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    monkeypatch.chdir(tmp_path)


def test_defaults_are_told_as_defaults(tmp_path):
    settings = load_settings()
    assert settings.home == tmp_path / "data" / "ondol"
    assert set(settings.origin.values()) == {"default"}


def test_an_argument_wins_over_the_environment_over_this_folder_over_the_person(monkeypatch, tmp_path):
    (tmp_path / "config" / "ondol").mkdir(parents=True)
    person = tmp_path / "config" / "ondol" / "ondol.toml"
    person.write_text('collection = "person"\nstore = "memory"\nmodel = "fake:"\nthreads = 1')
    Path("ondol.toml").write_text('collection = "here"\nstore = "faiss"\nmodel = "fake:x"')
    monkeypatch.setenv("ONDOL_COLLECTION", "environment")
    monkeypatch.setenv("ONDOL_STORE", "memory")
    settings = load_settings(collection="argument", home=None)
    assert (settings.collection, settings.store, settings.model, settings.threads) == (
        "argument",
        "memory",
        "fake:x",
        1,
    )
    origin = {name: settings.origin[name] for name in ("collection", "store", "model", "threads")}
    assert origin == {"collection": "argument", "store": "ONDOL_STORE", "model": "ondol.toml", "threads": str(person)}


@pytest.mark.parametrize(("value", "wanted"), [("1", True), ("TRUE", True), ("0", False), ("no", False)])
def test_offline_is_read_from_the_environment(monkeypatch, value, wanted):
    monkeypatch.setenv("ONDOL_OFFLINE", value)
    assert load_settings().offline is wanted


@pytest.mark.parametrize(
    ("name", "value"), [("ONDOL_OFFLINE", "perhaps"), ("ONDOL_THREADS", "many"), ("ONDOL_THREADS", "-1")]
)
def test_a_value_that_cannot_be_is_refused_by_name(monkeypatch, name, value):
    monkeypatch.setenv(name, value)
    with pytest.raises(UsageError, match=value):
        load_settings()


@pytest.mark.parametrize(
    ("text", "message"),
    [('colection = "x"', "sets what ondol does not know: colection"), ("collection = ", "is not a TOML file")],
)
def test_a_mistake_in_a_file_names_the_file(text, message):
    Path("ondol.toml").write_text(text)
    with pytest.raises(UsageError, match=f"ondol.toml {message}"):
        load_settings()


def test_all_mistakes_are_told_together():
    with pytest.raises(UsageError, match=r"name is empty; threads is -2"):
        Settings(collection=" ", threads=-2)
