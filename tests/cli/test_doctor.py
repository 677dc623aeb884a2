"""`doctor`: the set-up with its origins, and every problem with its fix."""

import pytest


def test_the_report_is_whole(ondol):
    report = ondol("doctor", "--json").json
    assert set(report) == {"settings", "device", "models", "extras", "problems"}
    assert report["settings"]["embeddings"] == {"value": "fake:", "from": "ONDOL_EMBEDDINGS"}
    assert report["settings"]["collection"] == {"value": "main", "from": "default"}


def test_a_good_set_up_has_no_problem(ondol, filled):
    ran = ondol("doctor")
    assert (ran.code, ran.out.splitlines()[-1]) == (0, "No problems.")


@pytest.mark.parametrize(
    ("name", "value", "what", "fix"),
    [
        ("MODEL", "llama.cpp:gemma-3-270m", "The model 'gemma-3-270m' is not on this machine.", "ondol setup"),
        ("MODEL", "lama.cpp:x", "No runtime is called 'lama.cpp'.", "Did you mean 'llama.cpp'?"),
        ("EMBEDDINGS", "e5", "'e5' names no model", "For example"),
        ("STORE", "fais", "No vector store is called 'fais'.", "Did you mean 'faiss'?"),
        ("HOME", "file", "file is not a folder that can be written to.", "--home"),
    ],
)
def test_a_mistaken_setting_is_a_problem_with_its_fix(ondol, monkeypatch, tmp_path, name, value, what, fix):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv(f"ONDOL_{name}", value)
    ran = ondol("doctor", "--json")
    problem = ran.json["problems"][0]
    assert ran.code == 1
    assert what in problem["what"]
    assert fix in problem["fix"]


def test_a_damaged_library_is_a_problem(ondol, filled, tmp_path):
    [folder] = (tmp_path / "home" / "collections").iterdir()
    (folder / "library.sqlite").write_text("junk")
    ran = ondol("doctor")
    assert ran.code == 1
    assert ran.out.splitlines()[-1].startswith("    → Move the folder ")


def test_a_misspelt_setting_is_named(ondol, tmp_path):
    (tmp_path / "ondol.toml").write_text('embedings = "fake:"')
    ran = ondol("list")
    assert ran.code == 2
    assert ran.err.startswith("ondol.toml sets what ondol does not know: embedings.\n  → Known: home, ")
