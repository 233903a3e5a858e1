"""What the modules with tables of this service share."""

from sqlalchemy import MetaData, String

from shared.storage import standard_tables

METADATA = MetaData()
STANDARD = standard_tables(METADATA)

ID = String(200)
CODE = String(64)
