"""The documents generated from the contracts: AsyncAPI, JSON Schemas and the page of events.

`python -m shared.contracts write` writes them into docs; a test holds the committed files to
what this would write.
"""

from shared.contracts.documents.asyncapi import asyncapi_document
from shared.contracts.documents.files import generated_files
from shared.contracts.documents.page import events_page
from shared.contracts.documents.schemas import data_schema
from shared.contracts.golden import golden_example

__all__ = ["asyncapi_document", "data_schema", "events_page", "generated_files", "golden_example"]
