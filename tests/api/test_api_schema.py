"""The API against its own document: schemathesis sends what the document allows and what it does not, and every answer must be one the document names."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from hypothesis.errors import Unsatisfiable
from schemathesis.generation import GenerationMode
from schemathesis.specs.openapi.checks import positive_data_acceptance

from desk import held_open
from panhuo.apps.api.urls import api
from panhuo.apps.identity.scope import scope_of
from panhuo.apps.identity.services import token_create
from panhuo.config.wsgi import application

pytestmark = [
    pytest.mark.usefixtures("inside"),
    pytest.mark.slow,
    pytest.mark.filterwarnings(
        "ignore::pytest.PytestUnraisableExceptionWarning"
    ),  # the client in the process leaves closing uploads to the collector
]
EXAMPLES = 25


def operations() -> list[Any]:
    """Those of the document, without what it says of tokens: every request here carries one (who has none is in the table of addresses)."""
    document = json.loads(json.dumps(api.get_openapi_schema(), default=str))
    for path in document["paths"].values():
        for operation in path.values():
            operation.pop("security", None)
    schema = schemathesis.openapi.from_dict(document)
    schema.app = application
    rejection = schema.config.checks.negative_data_rejection
    rejection.expected_statuses = [*rejection.expected_statuses, "413"]  # what is too long may be refused before it is looked into
    return [found.ok() for found in schema.get_all_operations()]


@pytest.fixture(scope="module")
def token(desk: Any) -> str:
    return token_create(scope_of(desk.user), name="schema", abilities=sorted(desk.user.abilities), days=1)[1]


@pytest.fixture
def held() -> Iterator[None]:
    with held_open():
        yield


@pytest.mark.parametrize("mode", list(GenerationMode), ids=lambda mode: mode.value)
@pytest.mark.parametrize("operation", operations(), ids=lambda operation: operation.label)
def test_every_answer_is_one_the_document_names(operation: Any, mode: GenerationMode, desk: Any, token: str, held: None) -> None:
    from django.db import transaction

    @settings(max_examples=EXAMPLES, suppress_health_check=list(HealthCheck))
    @given(case=operation.as_strategy(generation_mode=mode))
    def check(case: Any) -> None:
        with transaction.atomic():
            # well-formed is not yet possible: a plan that is approved cannot be submitted, and says so with 400
            case.call_and_validate(headers={"Host": "testserver", "Authorization": f"Bearer {token}"}, excluded_checks=[positive_data_acceptance])
            transaction.set_rollback(True)

    with suppress(Unsatisfiable):  # nothing to ask wrongly
        check()
