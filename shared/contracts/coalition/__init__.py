"""The coalition file: the one format to import, export, benchmark and exchange.

JSON Lines, or the same as a workbook or .csv files. Reading never raises for what is in a file:
every line is either whole or says, field by field, what is wrong and what would be right.
"""

from shared.contracts.coalition.line import KINDS, Line, LineError, LineNote
from shared.contracts.coalition.lines import MAX_LINE_BYTES, read_lines
from shared.contracts.coalition.schemas import (
    SCHEMAS,
    CapabilityLine,
    ContactLine,
    MemberLine,
    NeedLine,
    PartnershipLine,
)
from shared.contracts.coalition.screening import Found, screen_text
from shared.contracts.coalition.sheets import read_csv, read_workbook, slug
from shared.contracts.coalition.writer import write_lines

__all__ = [
    "KINDS",
    "MAX_LINE_BYTES",
    "SCHEMAS",
    "CapabilityLine",
    "ContactLine",
    "Found",
    "Line",
    "LineError",
    "LineNote",
    "MemberLine",
    "NeedLine",
    "PartnershipLine",
    "read_csv",
    "read_lines",
    "read_workbook",
    "screen_text",
    "slug",
    "write_lines",
]
