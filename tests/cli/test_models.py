"""`models`: rows, without any network."""


def test_the_catalogue_is_listed(ondol):
    rows = ondol("models", "list", "--json").json["models"]
    assert {row["name"] for row in rows} >= {"gemma-3-270m", "multilingual-e5-small"}
    assert all(set(row) >= {"name", "path", "bytes", "sha256", "license", "status"} for row in rows)
    assert {row["status"] for row in rows} == {"absent"}


def test_an_unknown_name_offers_the_nearest(ondol):
    for command in (["models", "pull", "gema-3-270m"], ["setup", "--only", "gema-3-270m"]):
        ran = ondol(*command)
        assert ran.code == 4
        assert ran.err == "No model is called 'gema-3-270m'.\n  → Did you mean 'gemma-3-270m'? See: ondol models list\n"


def test_offline_nothing_is_fetched(ondol, monkeypatch):
    monkeypatch.setenv("ONDOL_LANG", "ko")
    ran = ondol("setup", "--only", "gemma-3-270m", "--offline")
    assert (ran.code, ran.out) == (6, "")
    assert "ondol models pull gemma-3-270m" in ran.err


def test_nothing_to_verify_is_said(ondol):
    ran = ondol("models", "verify")
    assert ran.code == 0
    assert ran.err == "There are no models on this machine.\n  → Fetch the defaults with: ondol setup\n"
