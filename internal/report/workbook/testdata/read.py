"""Prints what openpyxl finds in a workbook: each sheet's rows, read as a stream, which takes the dimension at its word."""
import datetime
import json
import sys

import openpyxl


def cell(value):
    if value is None:
        return ""
    if isinstance(value, datetime.datetime):
        return "d:" + value.isoformat()
    if isinstance(value, (int, float)):
        return "n:" + format(value, ".15g")
    return "s:" + value


stream = openpyxl.load_workbook(sys.argv[1], read_only=True)
whole = openpyxl.load_workbook(sys.argv[1])
json.dump(
    [
        {
            "Name": sheet.title,
            "Dimension": sheet.calculate_dimension(),
            "Frozen": whole[sheet.title].freeze_panes,
            "Formulas": sum(c.data_type == "f" for row in whole[sheet.title] for c in row),
            "Rows": [[cell(value) for value in row] for row in sheet.values],
        }
        for sheet in stream
    ],
    sys.stdout,
)
