"""Unpacks one workbook from the standard input, in a process that may be killed.

Prints one line of JSON a row, `[line, cells]`, of the first sheet that has a
heading "reference": its headings first, empty rows left out. A cell is text, or
`{"formula": ...}`. Status 1: no workbook; any other failure: it wanted too much.
"""

import io
import json
import resource
import sys
from datetime import date, datetime, time
from typing import Any

MOST_MEMORY = 512 * 1024 * 1024
MOST_CPU_S = 10
_MOST_COLUMNS = 500
_MOST_OUT = 64 * 1024 * 1024
_LONGEST_CELL = 20_000


def main(given: bytes, most_rows: int) -> int:
    resource.setrlimit(resource.RLIMIT_AS, (MOST_MEMORY, MOST_MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (MOST_CPU_S, MOST_CPU_S))
    from zipfile import BadZipFile

    import openpyxl
    from openpyxl.utils.exceptions import InvalidFileException

    try:
        book = openpyxl.load_workbook(io.BytesIO(given), read_only=True, data_only=False, keep_links=False)
    except (BadZipFile, InvalidFileException, KeyError, ValueError, TypeError, SyntaxError, AttributeError):
        return 1
    written = rows = 0
    for sheet in book.worksheets:
        # The size that the file claims is not believed: a claim of a million columns would be filled with nothing.
        sheet.reset_dimensions()
        for line, row in enumerate(sheet.iter_rows(max_col=_MOST_COLUMNS), start=1):
            cells = [_cell(each) for each in row]
            if rows == 0 and "reference" not in [each.strip() for each in cells if isinstance(each, str)]:
                break
            if any(cells):
                out = json.dumps([line, cells])
                written += len(out)
                rows += 1
                if written > _MOST_OUT:
                    return 3
                print(out)
            if rows > most_rows:
                break
        if rows:
            break
    return 0


def _cell(cell: Any) -> str | dict[str, str]:
    value = cell.value
    if value is None:
        return ""
    if cell.data_type == "f":
        return {"formula": str(getattr(value, "text", value))[:_LONGEST_CELL]}
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value)
    if isinstance(value, datetime):
        if value.time() == time():
            return value.date().isoformat()  # A cell that shows a day holds its midnight.
        return value.isoformat() + "+00:00"  # A spreadsheet knows no zones; the guide says UTC.
    if isinstance(value, date | time):
        return value.isoformat()
    return str(value)[:_LONGEST_CELL]


if __name__ == "__main__":
    sys.exit(main(sys.stdin.buffer.read(), int(sys.argv[1])))
