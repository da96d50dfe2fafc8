# SPDX-License-Identifier: MIT
# Writes workbooks as NAME.xlsx with openpyxl, and beside each NAME.want: its rows, as JSON, as
# a person would type them.
import datetime as dt
import decimal
import json
import random
import string

import openpyxl


def save(name, book, rows):
    book.save(name + '.xlsx')
    with open(name + '.want', 'w', encoding='utf-8') as f:
        for row in rows:
            f.write(json.dumps(row, ensure_ascii=False) + '\n')


def shown(value):
    if value is None:
        return ''
    if isinstance(value, bool):
        return 'TRUE' if value else 'FALSE'
    if isinstance(value, dt.datetime):
        return value.strftime('%Y-%m-%dT%H:%M:%S')
    if isinstance(value, dt.date):
        return value.strftime('%Y-%m-%d')
    if isinstance(value, dt.time):
        return value.strftime('%H:%M:%S')
    if isinstance(value, float):
        return format(decimal.Decimal('%.15g' % value), 'f')
    return str(value)


def book_of(rows, header=('a', 'b', 'c', 'd')):
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.append(header)
    for row in rows:
        sheet.append(row)
    return book, sheet


VALUES = [
    ['text', ' blanks ', 'two\nlines', 'a,"b"'],
    [42, 42.5, 0.1 + 0.2, 19.99],
    [1234567890123456, -7, 1e-7, 123456789.125],
    [True, False, None, 'Ünïcödé 日本 😀'],
    [dt.date(2026, 11, 2), dt.datetime(2026, 11, 2, 9, 30), dt.time(9, 30), dt.date(1900, 3, 1)],
    [dt.datetime(1999, 12, 31, 23, 59, 59), dt.date(1900, 1, 1), dt.date(9999, 12, 31), '007'],
    ['<&>', "it's", '#N/A', 'x' * 30000],
]
book, sheet = book_of(VALUES)
save('values', book, [[shown(v) for v in row] for row in VALUES])

# Counted from 1904; a hidden sheet, a chart sheet and an empty one before it do not count.
rows = [[dt.date(2026, 11, 2), dt.datetime(2026, 11, 2, 9, 30), dt.date(1904, 1, 2), 'x']]
book, sheet = book_of([])
book.epoch = openpyxl.utils.datetime.CALENDAR_MAC_1904
sheet.append(rows[0])
book.create_sheet('hidden', 0).sheet_state = 'hidden'
book.create_chartsheet('chart', 1)
save('epoch', book, [[shown(v) for v in rows[0]]])

# Formats: of locales, elapsed time, postcodes, in a colour, for negative numbers.
formats = ['[$-407]d. mmmm yyyy', 'yyyy"年"m"月"d"日"', '[h]:mm', '00000', '[Red]0', '0;d', '0.00"h"', 'mmm\\ yy']
want = ['2026-11-02', '2026-11-02', '1111872:00:00', '46328', '46328', '46328', '46328', '2026-11-02']
book, sheet = book_of([[f.replace('"', "'"), 46328, 'x', 'y'] for f in formats])
for i, f in enumerate(formats):
    sheet.cell(i + 2, 2).number_format = f
save('formats', book, [[f.replace('"', "'"), w, 'x', 'y'] for f, w in zip(formats, want)])

# Merged cells, hidden rows and columns, gaps, a title, a comment.
book, sheet = book_of([])
sheet.delete_rows(1)
sheet['B1'] = 'A title'
for column, name in enumerate('abcd', 1):
    sheet.cell(3, column).value = name
sheet['A5'] = 'merged'
sheet['C5'] = 'c'
sheet.merge_cells('A5:B6')
sheet['D6'] = 'd'
sheet['A9'] = 'last'
sheet['A9'].comment = openpyxl.comments.Comment('not a value', 'me')
sheet.row_dimensions[6].hidden = True
sheet.column_dimensions['C'].hidden = True
save('shape', book, [['merged', '', 'c', ''], ['', '', '', 'd'], ['last', '', '', '']])

# Many rows of anything, written as a stream.
dice = random.Random(1)
letters = string.ascii_letters + ' ,"\t\näß漢€<>&'
rows = []
for _ in range(3000):
    text = ''.join(dice.choice(letters) for _ in range(dice.randrange(1, 30)))
    rows.append(['x' + text, dice.randrange(10 ** 15), round(dice.uniform(-1e6, 1e6), dice.randrange(6)),
                 dt.datetime(1970, 1, 1) + dt.timedelta(seconds=dice.randrange(4 * 10 ** 9))])
book = openpyxl.Workbook(write_only=True)
sheet = book.create_sheet('S')
sheet.append(['a', 'b', 'c', 'd'])
for row in rows:
    sheet.append(row)
save('many', book, [[shown(v) for v in row] for row in rows])
