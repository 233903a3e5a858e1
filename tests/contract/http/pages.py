"""The descriptions of the APIs, made once for all tests of a process: each builds an application."""

from functools import cache
from typing import Any

import yaml

from scripts.api_pages import openapi_page


@cache
def page_of(service: str) -> str:
    return openapi_page(service)


def document_of(service: str) -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.safe_load(page_of(service))
    return loaded
