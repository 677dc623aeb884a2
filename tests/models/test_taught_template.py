"""A base with another chat template than an adapter was taught with is told."""

import warnings
from pathlib import Path

import pytest

from ondol.models.taught_template import TemplateMismatch, check_template


def test_another_template_is_told_with_the_adapter():
    with pytest.warns(TemplateMismatch, match="tuned was taught with another chat template"):
        check_template("{{ a }}", "{{ b }}", Path("tuned"))


@pytest.mark.parametrize(("own", "taught"), [("{{ a }}", "{{ a }}\n"), ("", "{{ b }}"), ("{{ a }}", "")])
def test_the_same_or_none_is_silent(own, taught):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        check_template(own, taught, Path("tuned"))
