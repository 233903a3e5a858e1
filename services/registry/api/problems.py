"""The registry's errors as problem documents."""

from flask import Flask, Response

from services.registry.domain.errors import RegistryError
from shared.web.problems import Problem, answer, field_error

_STATUS = {
    "not_found": 404,
    "invalid": 422,
    "already_exists": 409,
    "invalid_move": 409,
    "not_allowed": 403,
    "claim_refused": 403,
    "member_withdrawn": 409,
}


def install_registry_problems(app: Flask) -> None:
    app.register_error_handler(RegistryError, _answer)


def _answer(error: RegistryError) -> Response:
    errors = [
        field_error(problem.field, problem.shown_value(), problem.message)
        for problem in error.problems
    ]
    return answer(Problem(_STATUS[error.code], error.code, error.detail, errors))
