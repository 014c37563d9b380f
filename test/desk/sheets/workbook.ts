/** Writes workbooks for tests, byte by byte, so that the reader is not tested by its own writer. */
import { crc32, deflateRawSync } from 'node:zlib';

export type CellValue =
  | string
  | number
  | null
  | { readonly date: string }
  | { readonly formula: string; readonly value?: string | number }
  | { readonly error: string }
  | { readonly rich: readonly string[] };

export interface WrittenSheet {
  readonly name: string;
  readonly rows: readonly (readonly CellValue[])[];
  /** Like `A1:C1`. */
  readonly merges?: readonly string[];
  /** From 1. */
  readonly hiddenRows?: readonly number[];
  readonly hiddenColumns?: readonly number[];
  readonly isHidden?: boolean;
  /** Texts lie in the cells, and not in the list of strings. */
  readonly isInline?: boolean;
}

const TRANSITIONAL = 'http://schemas.openxmlformats.org/officeDocument/2006/relationships';
const MAIN = 'http://schemas.openxmlformats.org/spreadsheetml/2006/main';
const HEADER = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n';
const DAY_MS = 86_400_000;

export function workbook(sheets: readonly WrittenSheet[], { is1904 = false } = {}): Buffer {
  const strings: string[] = [];
  const parts: [string, string][] = sheets.map((sheet, at) => [
    `xl/worksheets/sheet${at + 1}.xml`,
    sheetXml(sheet, strings, is1904),
  ]);
  const list = sheets.map(
    ({ name, isHidden = false }, at) =>
      `<sheet name="${name}" sheetId="${at + 1}"${isHidden ? ' state="hidden"' : ''} r:id="rId${at + 1}"/>`,
  );
  const relations = sheets.map((_, at) => relation(at + 1, 'worksheet', `worksheets/sheet${at + 1}.xml`));
  const count = sheets.length;
  return zip([
    ['[Content_Types].xml', `${HEADER}<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"/>`],
    ['_rels/.rels', relationsXml([relation(1, 'officeDocument', 'xl/workbook.xml')])],
    [
      'xl/workbook.xml',
      `${HEADER}<workbook xmlns="${MAIN}" xmlns:r="${TRANSITIONAL}"><workbookPr${is1904 ? ' date1904="1"' : ''}/><sheets>${list.join('')}</sheets></workbook>`,
    ],
    [
      'xl/_rels/workbook.xml.rels',
      relationsXml([
        ...relations,
        relation(count + 1, 'styles', 'styles.xml'),
        relation(count + 2, 'sharedStrings', 'sharedStrings.xml'),
      ]),
    ],
    // Style 1 is a date.
    [
      'xl/styles.xml',
      `${HEADER}<styleSheet xmlns="${MAIN}"><fonts count="1"><font/></fonts><fills count="1"><fill/></fills><borders count="1"><border/></borders><cellXfs count="2"><xf numFmtId="0"/><xf numFmtId="14" applyNumberFormat="1"/></cellXfs></styleSheet>`,
    ],
    ...parts,
    [
      'xl/sharedStrings.xml',
      `${HEADER}<sst xmlns="${MAIN}">${strings.map((text) => `<si>${text}</si>`).join('')}</sst>`,
    ],
  ]);
}

function relation(id: number, type: string, target: string): string {
  return `<Relationship Id="rId${id}" Type="${TRANSITIONAL}/${type}" Target="${target}"/>`;
}

function relationsXml(list: readonly string[]): string {
  return `${HEADER}<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">${list.join('')}</Relationships>`;
}

function sheetXml(sheet: WrittenSheet, strings: string[], is1904: boolean): string {
  const { rows, merges = [], hiddenRows = [], hiddenColumns = [], isInline = false } = sheet;
  const columns = hiddenColumns.map((column) => `<col min="${column}" max="${column}" width="9" hidden="1"/>`);
  const data = rows.map((cells, at) => {
    const number = at + 1;
    const hidden = hiddenRows.includes(number) ? ' hidden="1"' : '';
    const texts = cells.map((value, column) =>
      cellXml(value, `${letter(column)}${number}`, { strings, is1904, isInline }),
    );
    return `<row r="${number}"${hidden}>${texts.join('')}</row>`;
  });
  const merged = merges.map((range) => `<mergeCell ref="${range}"/>`);
  return `${HEADER}<worksheet xmlns="${MAIN}">${columns.length > 0 ? `<cols>${columns.join('')}</cols>` : ''}<sheetData>${data.join('')}</sheetData>${merged.length > 0 ? `<mergeCells>${merged.join('')}</mergeCells>` : ''}</worksheet>`;
}

function letter(column: number): string {
  return String.fromCharCode(65 + column);
}

function cellXml(
  value: CellValue,
  place: string,
  { strings, is1904, isInline }: { readonly strings: string[]; readonly is1904: boolean; readonly isInline: boolean },
): string {
  if (value === null) return '';
  if (typeof value === 'number') return `<c r="${place}"><v>${value}</v></c>`;
  if (typeof value === 'string') {
    const text = `<t xml:space="preserve">${xml(value)}</t>`;
    if (isInline) return `<c r="${place}" t="inlineStr"><is>${text}</is></c>`;
    return `<c r="${place}" t="s"><v>${strings.push(text) - 1}</v></c>`;
  }
  if ('date' in value) return `<c r="${place}" s="1"><v>${serialOf(value.date, is1904)}</v></c>`;
  if ('error' in value) return `<c r="${place}" t="e"><v>${value.error}</v></c>`;
  if ('rich' in value) {
    const runs = value.rich.map((text) => `<r><rPr><b/></rPr><t xml:space="preserve">${xml(text)}</t></r>`).join('');
    return `<c r="${place}" t="s"><v>${strings.push(runs) - 1}</v></c>`;
  }
  const { formula, value: result } = value;
  const type = typeof result === 'string' ? ' t="str"' : '';
  return `<c r="${place}"${type}><f>${xml(formula)}</f>${result === undefined ? '' : `<v>${xml(String(result))}</v>`}</c>`;
}

/** With a time as the part of a day. */
function serialOf(iso: string, is1904: boolean): number {
  const epoch = is1904 ? Date.UTC(1904, 0, 1) : Date.UTC(1899, 11, 30);
  return (Date.parse(iso.length === 10 ? `${iso}T00:00:00Z` : `${iso}Z`) - epoch) / DAY_MS;
}

function xml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');
}

/** An archive of these files. `unpacked`: the size that each says it has, where that is not the true one. */
export function zip(files: readonly (readonly [name: string, content: string | Buffer])[], unpacked?: number): Buffer {
  const locals: Buffer[] = [];
  const entries: Buffer[] = [];
  let offset = 0;
  for (const [name, content] of files) {
    const bytes = Buffer.from(content);
    const packed = deflateRawSync(bytes);
    const title = Buffer.from(name);
    const fields = Buffer.alloc(26);
    fields.writeUInt16LE(20, 0);
    fields.writeUInt16LE(8, 4);
    fields.writeUInt32LE(crc32(bytes), 10);
    fields.writeUInt32LE(packed.length, 14);
    fields.writeUInt32LE(unpacked ?? bytes.length, 18);
    fields.writeUInt16LE(title.length, 22);
    const local = Buffer.concat([Buffer.from([0x50, 0x4b, 3, 4]), fields, title, packed]);
    const tail = Buffer.alloc(14);
    tail.writeUInt32LE(offset, 10);
    entries.push(Buffer.concat([Buffer.from([0x50, 0x4b, 1, 2, 20, 0]), fields, tail, title]));
    locals.push(local);
    offset += local.length;
  }
  const directory = Buffer.concat(entries);
  const end = Buffer.alloc(22);
  end.writeUInt32LE(0x06054b50, 0);
  end.writeUInt16LE(files.length, 8);
  end.writeUInt16LE(files.length, 10);
  end.writeUInt32LE(directory.length, 12);
  end.writeUInt32LE(offset, 16);
  return Buffer.concat([...locals, directory, end]);
}
