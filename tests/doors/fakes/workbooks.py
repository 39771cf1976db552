"""Workbooks as spreadsheets write them, and as only the hostile do."""

import io
import zipfile
from collections.abc import Iterable
from xml.sax.saxutils import escape

MAIN = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
RELATIONS = 'xmlns="http://schemas.openxmlformats.org/package/2006/relationships"'
WORKBOOK = (
    f'<workbook {MAIN} xmlns:r="{OFFICE}"><sheets><sheet name="Notes" sheetId="1" state="hidden" '
    'r:id="r2"/><sheet name="Annonces" sheetId="2" r:id="r1"/></sheets></workbook>'
)
RELATION = '<Relationship Id="{id}" Type="{office}/{type}" Target="{target}"/>'


def write_workbook(rows: Iterable[Iterable[object]], **entries: str) -> bytes:
    """A workbook as a spreadsheet writes it, its second and only visible sheet holding rows."""
    written = "".join(f"<row>{''.join(map(_write_cell, row))}</row>" for row in rows)
    return pack(
        {
            "_rels/.rels": _relate(r1=("officeDocument", "xl/workbook.xml")),
            "xl/_rels/workbook.xml.rels": _relate(
                r1=("worksheet", "worksheets/sheet1.xml"), r2=("worksheet", "worksheets/sheet2.xml")
            ),
            "xl/workbook.xml": WORKBOOK,
            "xl/worksheets/sheet1.xml": write_sheet(written),
            "xl/worksheets/sheet2.xml": write_sheet("<row><c><v>1</v></c></row>"),
            **entries,
        }
    )


def write_sheet(rows: str) -> str:
    return f"<worksheet {MAIN}><sheetData>{rows}</sheetData></worksheet>"


def pack(entries: dict[str, str]) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in entries.items():
            archive.writestr(name, content)
    return packed.getvalue()


def _relate(**targets: tuple[str, str]) -> str:
    relations = "".join(
        RELATION.format(id=each, office=OFFICE, type=kind, target=target)
        for each, (kind, target) in targets.items()
    )
    return f"<Relationships {RELATIONS}>{relations}</Relationships>"


def _write_cell(cell: object) -> str:
    if cell is None:
        return "<c/>"
    if isinstance(cell, bool):
        return f'<c t="b"><v>{int(cell)}</v></c>'
    if isinstance(cell, int | float):
        return f"<c><v>{cell}</v></c>"
    return f'<c t="inlineStr"><is><t>{escape(str(cell))}</t></is></c>'
