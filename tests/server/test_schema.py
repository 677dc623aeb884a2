"""What the OpenAPI description promises, against hundreds of made-up requests; never a 5xx."""

import pytest
from hypothesis import HealthCheck, given, settings

from ondol.server.app import make_app
from ondol.server.engine import Engine
from ondol.server.security import Access
from ondol.settings import load_settings

schemathesis = pytest.importorskip("schemathesis")
TAGS = [
    "adapters", "ask", "collections", "evaluations", "feedback", "jobs", "models", "runs", "search", "settings",
    "sources", "threads",
]  # fmt: skip
EXAMPLES = 20
"""Of each route."""


@pytest.fixture
def described(filled):
    with Engine(load_settings(), parallel=2) as engine:
        app = make_app(engine, Access(hosts=("testserver",)))
        yield schemathesis.openapi.from_asgi("/openapi.json", app).exclude(path="/api/uploads")


def checks():
    from schemathesis.checks import not_a_server_error
    from schemathesis.specs.openapi.checks import (
        content_type_conformance,
        response_schema_conformance,
        status_code_conformance,
    )

    return [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]


@pytest.mark.slow
@pytest.mark.parametrize("tag", TAGS)
def test_every_answer_is_as_described(described, tag):
    operations = [found.ok() for found in described.include(tag=tag).get_all_operations()]
    assert operations
    for operation in operations:
        _try(operation)


@pytest.mark.slow
def test_no_request_breaks_what_openais_clients_call(described):
    from schemathesis.checks import not_a_server_error

    operations = [found.ok() for found in described.include(path_regex="^/v1/").get_all_operations()]
    assert len(operations) == 5
    for operation in operations:
        _try(operation, [not_a_server_error])


def _try(operation, checked=None):
    @settings(max_examples=EXAMPLES, deadline=None, database=None, suppress_health_check=list(HealthCheck))
    @given(case=operation.as_strategy())
    def answers(case):
        case.call_and_validate(checks=checked or checks())

    answers()
