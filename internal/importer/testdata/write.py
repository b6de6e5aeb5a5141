"""Writes a workbook with openpyxl: rows of [type, value, format] as JSON from standard input, to the file that is named."""
import json
import sys

import openpyxl

book = openpyxl.Workbook()
sheet = book.active
for n, row in enumerate(json.load(sys.stdin), 1):
    for m, (kind, value, code) in enumerate(row, 1):
        cell = sheet.cell(n, m)
        cell.value = value
        if kind == "text":
            cell.data_type = "s"
        if code:
            cell.number_format = code
book.save(sys.argv[1])
