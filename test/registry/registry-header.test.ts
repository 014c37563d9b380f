/** Files as other programs save them, and the message on each. */
import { describe, expect, it } from 'vitest';
import { formatIssue } from '../../src/core/issue.ts';
import { parseMicros } from '../../src/core/units.ts';
import { parseRegistry } from '../../src/registry/file/registry-file.ts';

const NAMES = ['prefix', 'holder', 'sector', 'protocols', 'valid_from', 'valid_until', 'reference'];
const HEADER = NAMES.join(',');
const NOW = parseMicros('2025-06-01T00:00:00Z');
const ROW = '9.9.9.0/24,A,bank,,,,R1';

function issuesOf(text: string | Uint8Array): string[] {
  const bytes = typeof text === 'string' ? new TextEncoder().encode(text) : text;
  return parseRegistry(bytes, 'r.csv', NOW).issues.kept.map(formatIssue);
}

const lines = (...texts: string[]): string => texts.join('\n');

describe('the header of a registry', () => {
  it('may follow a byte order mark and end with CRLF', () => {
    expect(issuesOf(`\ufeff${HEADER}\r\n${ROW}\r\n`)).toEqual([]);
  });

  it.each([
    [';', 'semicolons', "delimiter=';'"],
    ['\t', 'tabs', "delimiter='\\t'"],
    ['|', 'vertical bars', "delimiter='|'"],
  ])('is refused with %j as the separator, and the rows are still checked', (separator, name, command) => {
    const rows = [NAMES, ['9.9.9.1/24', 'A', 'bank', '"wireguard;openvpn"', '', '31/12/2024', 'R1']];
    const issues = issuesOf(rows.map((row) => row.join(separator)).join('\r\n'));
    expect(issues).toHaveLength(3);
    expect(issues[0]).toContain(`r.csv:1:7: error: the fields are separated by ${name}; save the table as "CSV UTF-8`);
    expect(issues[0]).toContain(command);
    expect(issues[1]).toContain('r.csv:2:1: error: bits are set below');
    expect(issues[2]).toContain('r.csv:2:40: error: valid_until is "31/12/2024"');
  });

  it.each([
    [
      'sep=;\nprefix;holder;sector;protocols;valid_from;valid_until;reference',
      'r.csv:1:1: error: this line is only for spreadsheets',
    ],
    [ROW, 'r.csv:1:1: error: the file begins with a row: the header must be exactly prefix,holder'],
    [HEADER.toUpperCase(), 'without spaces, quotes or capitals'],
    [NAMES.join(', '), 'without spaces, quotes or capitals'],
    [NAMES.map((name) => `"${name}"`).join(), 'without spaces, quotes or capitals'],
    [NAMES.toReversed().join(), 'here the fields are in another order'],
    ['prefix,holder,sector', 'missing: protocols, valid_from, valid_until, reference'],
    [HEADER.replace('protocols', 'protocol'), 'missing: protocols; unknown: "protocol" (meant protocols?)'],
    [`${HEADER},note`, 'unknown: "note"'],
    [`${HEADER},holder`, 'a name appears twice'],
    ['a,b,c', `the header must be exactly ${HEADER}`],
  ])('is checked: %s', (header, message) => {
    expect(issuesOf(header).join('\n')).toContain(message);
  });
});

describe('a file that is not a registry', () => {
  const utf16 = (mark: string): Buffer => Buffer.from(mark + lines(HEADER, ROW), 'utf16le');
  it.each<[string, string | Uint8Array, string]>([
    [
      'UTF-16',
      utf16('\ufeff'),
      'this file is UTF-16; save it as UTF-8 (in a spreadsheet: "CSV UTF-8"), or convert it: iconv -f UTF-16',
    ],
    ['UTF-16 without a mark', utf16(''), 'without a byte order mark; save it as UTF-8'],
    ['UTF-16, big-endian', utf16('').swap16(), 'iconv -f UTF-16BE -t UTF-8'],
    ['an old spreadsheet', Uint8Array.of(0xd0, 0xcf, 0x11, 0xe0), 'this is a spreadsheet (.xls)'],
    ['a web page', '\n<!DOCTYPE html><html>', 'this is a web page (HTML)'],
    ['lines that end with CR alone', [HEADER, ROW].join('\r'), 'lines end with CR alone'],
    [
      'a byte order mark inside',
      lines(HEADER, `\ufeff${ROW}`),
      'it is a byte order mark, which is only valid at the start of a file',
    ],
    ['a tab inside', lines(HEADER, ROW.replace('A', 'A\tB')), 'it is a tab; fields are separated by commas'],
    ['a zero-width space', lines(HEADER, ROW.replace('A', 'A\u200b')), 'copied along with text from a page; delete it'],
  ])('is recognised: %s', (_, bytes, message) => {
    const issues = issuesOf(bytes);
    expect(issues).toHaveLength(1);
    expect(issues[0]).toContain(message);
  });
});

describe('a list of prefixes', () => {
  it('in a cell with line breaks is one mistake, at its first line', () => {
    const issues = issuesOf(
      lines(HEADER, '"9.9.9.0/24', '9.9.8.0/24', '9.9.7.0/24",A,bank,,,,R1', '8.8.8.1/24,A,bank,,,,R1'),
    );
    expect(issues).toHaveLength(2);
    expect(issues[0]).toContain(
      'r.csv:2:1: error: this field runs on to line 4, and a field ends on the line on which it begins',
    );
    expect(issues[0]).toContain('one row for each of 9.9.9.0/24, 9.9.8.0/24, 9.9.7.0/24');
    expect(issues[1]).toContain('r.csv:5:1: error: bits are set');
  });

  it('with commas but without quotes is recognised by its first fields', () => {
    expect(issuesOf(lines(HEADER, `9.9.8.0/24,${ROW}`))).toEqual([
      'r.csv:2:33: error: a list of 2: write one row for each of 9.9.8.0/24, 9.9.9.0/24',
    ]);
  });
});

describe('a quote that is not closed', () => {
  it('spoils its own row, not those after it', () => {
    const { registry, issues } = parseRegistry(
      new TextEncoder().encode(lines(HEADER, '9.9.9.0/24,"A,bank,,,,R1', ROW, '9.9.8.1/24,"B",bank,,,,R2')),
      'r.csv',
    );
    expect(registry).toBeNull();
    expect(issues.kept.map(({ line }) => line)).toEqual([2, 4]);
    expect(issues.kept[0]!.message).toContain('this quote is not closed');
  });

  it('is reported together with the lines after it, where the field is never closed', () => {
    const rows = Array.from({ length: 100 }, (_, i) => `part ${i}`);
    const issues = issuesOf(lines(HEADER, '9.9.9.0/24,"A,bank,,,,R1', ...rows));
    expect(issues).toHaveLength(101);
    expect(issues[0]).toContain('r.csv:2:12: error: this quote is not closed');
    expect(issues[100]).toContain('r.csv:102:');
    expect(issuesOf(lines(HEADER, '9.9.9.0/24,"A'))).toHaveLength(1);
  });
});

describe('references of several holders', () => {
  const rows = (...pairs: [string, string][]): string =>
    lines(HEADER, ...pairs.map(([reference, holder], i) => `9.9.${i}.0/24,${holder},bank,,,,${reference}`));

  it('have a warning with both holders and lines for each further holder', () => {
    const issues = issuesOf(
      rows(['R1', 'A'], ['R2', 'A'], ['R1', 'B'], ['R1', 'A'], ['R1', 'B'], ['R1', 'C'], ['R3', 'B']),
    );
    expect(issues).toEqual([
      'r.csv:4:1: warning: reference "R1" is used by holder "A" at line 2 and by holder "B" at line 4',
      'r.csv:7:1: warning: reference "R1" is used by holder "A" at line 2 and by holder "C" at line 7',
    ]);
  });

  it('have a warning even where their rows have errors', () => {
    const row = (prefix: string, holder: string, sector: string, reference: string): string =>
      `${prefix},${holder},${sector},,,,${reference}`;
    const issues = issuesOf(
      lines(
        HEADER,
        row('9.9.1.0/24', 'A', 'Bank', 'R3'),
        row('9.9.2.*', 'B', 'bank', 'R3'),
        row('9.9.3.0/24', 'B', 'bank', 'R6'),
        row('9.9.4.0/24', 'C', 'Bank', 'R6'),
        row('9.9.5.*', '', 'bank', 'R6'),
      ),
    );
    expect(issues.filter((issue) => issue.includes('warning'))).toEqual([
      'r.csv:3:1: warning: reference "R3" is used by holder "A" at line 2 and by holder "B" at line 3',
      'r.csv:5:1: warning: reference "R6" is used by holder "B" at line 4 and by holder "C" at line 5',
    ]);
  });

  it('are not empty references', () => {
    expect(issuesOf(rows(['', 'A'], ['', 'B'], [' ', 'C']))).toEqual([]);
  });

  it('are all found among many, and the output is bounded', () => {
    const many = Array.from({ length: 5000 }, (_, i): [string, string] => [`R${i % 2500}`, `H${i % 2490}`]);
    const text = lines(
      HEADER,
      ...many.map(([reference, holder], i) => `9.${i >> 8}.${i & 255}.0/24,${holder},bank,,,,${reference}`),
    );
    const issues = issuesOf(text);
    expect(issues).toHaveLength(21);
    expect(issues.at(-1)).toContain('and 2480 more references of several holders');
  });
});
