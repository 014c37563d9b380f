/** Files that are made to do harm, or are something else: refused with what to do, within bounds of memory and time. */
import { describe, expect, it } from 'vitest';
import { readSpreadsheet } from '../../src/desk/import/read-spreadsheet.ts';
import { MOST_COLUMNS, MOST_ROWS, type ReadFile, UnreadableFile } from '../../src/desk/import/sheet.ts';
import { SheetReader } from '../../src/desk/import/sheet-reader.ts';
import { openedCsvLine } from '../../src/desk/export/opened-csv.ts';
import { MAIN } from '../kit/running-daemon.ts';
import { workbook, zip } from './sheets/workbook.ts';

const PROCESS = new URL('sheet-process.js', `file://${MAIN}`).pathname;
const reader = new SheetReader(PROCESS);

function readInProcess(content: Buffer): Promise<ReadFile> {
  return reader.read(content, 'windows-1252');
}

const PLAIN = workbook([
  {
    name: 'List',
    rows: [
      ['Company', 'IP'],
      ['Alder Example', '198.51.100.1'],
    ],
  },
]);

/** The plain workbook with another part. */
function withPart(part: string, content: string | Buffer, unpacked?: number): Buffer {
  const names = [
    '[Content_Types].xml',
    '_rels/.rels',
    'xl/workbook.xml',
    'xl/_rels/workbook.xml.rels',
    'xl/worksheets/sheet1.xml',
    'xl/sharedStrings.xml',
  ];
  const main = 'http://schemas.openxmlformats.org/spreadsheetml/2006/main';
  const office = 'http://schemas.openxmlformats.org/officeDocument/2006/relationships';
  const parts: Readonly<Record<string, string>> = {
    '[Content_Types].xml': '<Types/>',
    '_rels/.rels': `<Relationships><Relationship Id="rId1" Type="${office}/officeDocument" Target="xl/workbook.xml"/></Relationships>`,
    'xl/workbook.xml': `<workbook xmlns="${main}"><sheets><sheet name="List" sheetId="1" r:id="rId1"/></sheets></workbook>`,
    'xl/_rels/workbook.xml.rels': `<Relationships><Relationship Id="rId1" Type="${office}/worksheet" Target="worksheets/sheet1.xml"/><Relationship Id="rId2" Type="${office}/sharedStrings" Target="sharedStrings.xml"/></Relationships>`,
    'xl/worksheets/sheet1.xml': '<worksheet><sheetData/></worksheet>',
    'xl/sharedStrings.xml': '<sst/>',
  };
  return zip(
    names.map((name) => [name, name === part ? content : parts[name]!] as const),
    unpacked,
  );
}

const SHEET = 'xl/worksheets/sheet1.xml';

/** The text of the only cell of the plain workbook with another sheet. */
async function textOf(sheet: string): Promise<string> {
  const { sheets } = await readInProcess(withPart(SHEET, sheet));
  return sheets[0]!.rows[0]!.cells[0]!.text;
}

describe('a hostile file', () => {
  it('that unpacks to gigabytes is refused before it is unpacked', async () => {
    const bomb = withPart(SHEET, Buffer.alloc(70 << 20, ' '));
    expect(bomb.length).toBeLessThan(1 << 20);
    await expect(readInProcess(bomb)).rejects.toThrow('larger than 64 MB once unpacked');
  });

  it('that unpacks to more than it says is refused', async () => {
    await expect(readInProcess(withPart(SHEET, Buffer.alloc(20 << 20, ' '), 1000))).rejects.toThrow(
      'no workbook that can be read',
    );
  });

  it('that is packed within itself is no workbook', async () => {
    let inner = PLAIN;
    for (let depth = 0; depth < 3; depth++) inner = zip([['[Content_Types].xml', inner]]);
    await expect(readInProcess(inner)).rejects.toThrow('no workbook that can be read');
  });

  it('with entities that name each other is read without them', async () => {
    const entities = Array.from({ length: 30 }, (_, at) => `<!ENTITY e${at + 1} "&e${at};&e${at};">`).join('');
    const xml = `<!DOCTYPE x [<!ENTITY e0 "198.51.100.1">${entities}]><worksheet><sheetData><row r="1"><c r="A1" t="inlineStr"><is><t>&e30;</t></is></c></row></sheetData></worksheet>`;
    expect(await textOf(xml)).toBe('&e30;');
  });

  it('that names a file of the machine is not given it', async () => {
    const xml =
      '<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]><worksheet><sheetData><row r="1"><c r="A1" t="inlineStr"><is><t>&e;</t></is></c></row></sheetData></worksheet>';
    expect(await textOf(xml)).toBe('&e;');
  });

  it.each([
    ['a million columns', `<c r="BDWGN1"><v>1</v></c>`, 'outside the supported sheet bounds'],
    ['a column beyond the last', '<c r="ZZZZZZZZ1"><v>1</v></c>', 'outside the supported sheet bounds'],
    ['a row beyond the last', '<c r="A99999999999"><v>1</v></c>', 'outside the supported sheet bounds'],
    [
      'cells in opposite corners',
      '<c r="A1"><v>1</v></c></row><row r="1048576"><c r="XFD1048576"><v>1</v></c>',
      'columns, more than can be read: copy the table alone into a new workbook',
    ],
    ['too many columns', '<c r="CZ1"><v>1</v></c>', 'more than 64 columns (row 1)'],
    ['too many rows', '<c r="A1"><v>1</v></c></row><row r="6000"><c r="A6000"><v>1</v></c>', 'more than 5000 rows'],
  ])('with %s is refused', async (_, cells, message) => {
    const xml = `<worksheet><sheetData><row r="1">${cells}</row></sheetData></worksheet>`;
    await expect(readInProcess(withPart(SHEET, xml))).rejects.toThrow(message);
  });

  it('with 50,000 empty rows that are formatted is read without them', async () => {
    const empty = Array.from({ length: 50_000 }, (_, at) => `<row r="${at + 3}"><c r="A${at + 3}" s="1"/></row>`);
    const table =
      '<row r="1"><c r="A1" t="inlineStr"><is><t>IP</t></is></c></row><row r="2"><c r="A2" t="inlineStr"><is><t>198.51.100.1</t></is></c></row>';
    const xml = `<worksheet><sheetData>${table}${empty.join('')}</sheetData></worksheet>`;
    const { sheets } = await readInProcess(withPart(SHEET, xml));
    expect(sheets[0]!.rows).toHaveLength(2);
  });

  it('with merged cells over the whole sheet does not fill the memory', async () => {
    const xml =
      '<worksheet><sheetData><row r="1"><c r="A1"><v>1</v></c></row></sheetData><mergeCells><mergeCell ref="A1:XFD1048576"/></mergeCells></worksheet>';
    const { rows } = (await readInProcess(withPart(SHEET, xml))).sheets[0]!;
    expect(rows[0]!.cells[0]).toEqual({ text: '1', kind: 'number' });
    expect(rows.length * rows[0]!.cells.length).toBeLessThanOrEqual(MOST_ROWS * MOST_COLUMNS);
  });

  it('of a million columns in CSV is refused', async () => {
    await expect(readInProcess(Buffer.from(`IP${','.repeat(1_000_000)}\n`))).rejects.toThrow('more than 64 columns');
  });

  it('that takes more memory than the bound ends its process alone', async () => {
    const texts = `<sst>${'<si><t>a</t></si>'.repeat(2_800_000)}</sst>`;
    const strings = withPart('xl/sharedStrings.xml', texts);
    await expect(readInProcess(strings)).rejects.toThrow('256 MB of memory');
    await expect(readInProcess(PLAIN)).resolves.toMatchObject({ format: 'xlsx' });
  });

  it('that takes more time than the bound ends its process alone', async () => {
    const impatient = new SheetReader(PROCESS, 1);
    await expect(impatient.read(PLAIN, 'windows-1252')).rejects.toThrow('takes longer than');
    await expect(readInProcess(PLAIN)).resolves.toMatchObject({ format: 'xlsx' });
  });

  it('that was cut anywhere is refused, or read whole', async () => {
    const whole = JSON.stringify(await readSpreadsheet(PLAIN, 'windows-1252'));
    for (let length = 4; length < PLAIN.length; length += 37) {
      const read = await readSpreadsheet(PLAIN.subarray(0, length), 'windows-1252').catch((error: unknown) => error);
      if (read instanceof Error) expect(read).toBeInstanceOf(UnreadableFile);
      else expect(JSON.stringify(read)).toBe(whole);
    }
    expect(whole).toContain('Alder Example');
  });

  it('with any byte changed gives an answer', async () => {
    for (let at = 0; at < PLAIN.length; at += 11) {
      const changed = Buffer.from(PLAIN);
      changed[at]! ^= 0x55;
      await readSpreadsheet(changed, 'windows-1252').catch((error: unknown) => {
        expect(error).toBeInstanceOf(UnreadableFile);
      });
    }
  });
});

describe('a file of another type than its name says', () => {
  it.each([
    ['.xls', Buffer.from([0xd0, 0xcf, 0x11, 0xe0, 0xa1, 0xb1, 0x1a, 0xe1]), 'save it as .xlsx or CSV'],
    ['PDF', Buffer.from('%PDF-1.7'), 'PDF'],
    ['PNG', Buffer.from([0x89, 0x50, 0x4e, 0x47]), 'picture'],
    ['HTML', Buffer.from('<html><table>'), 'web page'],
    ['gzip', Buffer.from([0x1f, 0x8b, 8]), 'gzip'],
    ['a program', Buffer.from('MZ\0\0\0\0\0\0\0\0\0\0'), 'neither a spreadsheet'],
    ['nothing', Buffer.alloc(0), 'empty'],
    ['a ZIP of other things', zip([['readme.txt', 'hello']]), 'no workbook'],
    ['empty rows', Buffer.from('\n\n;;\n'), 'no rows'],
    ['an open quote', Buffer.from('IP,Name\n198.51.100.1,"Alder\n198.51.100.2,Birch\n'), 'line 2: a quote is opened'],
  ])('%s is refused with what to do', async (_, content, message) => {
    await expect(readSpreadsheet(content, 'windows-1252')).rejects.toThrow(message);
  });
});

describe('a CSV that people open', () => {
  it('has no cell that a spreadsheet would calculate', () => {
    const cells = ['=1+1', '+1', '-1', '@SUM(A1)', ' =1', '\t=1', 'a"b', 'plain'];
    expect(openedCsvLine(cells)).toBe(`"'=1+1","'+1","'-1","'@SUM(A1)","' =1","'\t=1","a""b","plain"\r\n`);
  });
});
