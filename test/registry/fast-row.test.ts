import { describe, expect, it } from 'vitest';
import { formatIssue } from '../../src/core/issue.ts';
import { formatPrefix } from '../../src/core/ip-address.ts';
import { PrefixParser, wordMask } from '../../src/registry/prefix.ts';
import { BytePrefix } from '../../src/registry/file/byte-prefix.ts';
import { parseRegistry } from '../../src/registry/file/registry-file.ts';
import { SeededRandom } from '../kit/random.mjs';

const HEADER = 'prefix,holder,sector,protocols,valid_from,valid_until,reference';
const encoder = new TextEncoder();

function randomPrefix(random: SeededRandom): string {
  const ipv4 = random.below(2) === 0;
  const length = ipv4 ? 96 + random.below(33) : random.below(129);
  const address = ipv4 ? random.ipv4() : random.address();
  if (!ipv4 && random.below(2) === 0) address[random.below(4)] = 0;
  const [a, b, c, d] = address.map((word, i) => word & wordMask(length, i));
  return formatPrefix(a!, b!, c!, d!, length);
}

function mutated(random: SeededRandom, text: string, parts: readonly string[]): string {
  const at = random.below(text.length + 1);
  return text.slice(0, at) + random.pick(parts) + text.slice(at + random.below(2));
}

/** The prefix as parsed by BytePrefix, or null where it is declined. */
function byBytes(text: string): number[] | null {
  const prefix = new BytePrefix();
  const end = prefix.read(encoder.encode(`${text},rest`), 0);
  if (end < 0) return null;
  expect(end).toBe(text.length);
  return [prefix.word0, prefix.word1, prefix.word2, prefix.word3, prefix.length];
}

function byText(text: string): number[] | null {
  const prefix = new PrefixParser();
  if (!prefix.parse(text)) return null;
  return [prefix.word0, prefix.word1, prefix.word2, prefix.word3, prefix.length];
}

describe('a prefix read from bytes', () => {
  it('equals that of PrefixParser, in all written forms', () => {
    const random = new SeededRandom(4632);
    for (let i = 0; i < 20_000; i++) {
      const text = randomPrefix(random);
      const bare = text.slice(0, text.indexOf('/'));
      for (const form of [text, bare, text.toUpperCase()]) {
        const expected = byText(form);
        if (form !== bare && expected === null) expect.fail(form);
        expect(byBytes(form), form).toEqual(expected);
      }
    }
  });

  it('is declined where PrefixParser refuses the text', () => {
    const random = new SeededRandom(4291);
    const parts = [':', '::', '.', '/', '0', '00', '1', 'f', 'g', '255', '256', ' ', '-', '%', '/1', '/33', '1.2.3.4'];
    let read = 0;
    for (let i = 0; i < 100_000; i++) {
      let text = randomPrefix(random);
      for (let n = random.below(3); n >= 0; n--) text = mutated(random, text, parts);
      const bytes = byBytes(text);
      if (bytes === null) continue;
      read++;
      expect(bytes, text).toEqual(byText(text));
    }
    expect(read).toBeGreaterThan(500);
  });

  it.each([
    '1::2::3/64',
    '1:2:3:4:5:6:7:8:9',
    '1:2:3:4:5:6:7:8::',
    '1:2:3:4:5:6:7:',
    ':1::',
    ':::',
    '12345::',
    '::/',
    '',
  ])('is declined and refused: %s', (text) => {
    expect(byBytes(text)).toBeNull();
    expect(byText(text)).toBeNull();
  });

  it.each(['::ffff:192.0.2.1', '::ffff:c000:201', '64:ff9b::192.0.2.1', '192.0.2.1/24', '2001:db8::1/64'])(
    'is declined: %s',
    (text) => {
      expect(byBytes(text)).toBeNull();
    },
  );
});

/** The same row with a quoted field, so that the fast path declines it. */
function withQuotes(row: string): string {
  const [prefix, holder, ...rest] = row.split(',');
  return holder === undefined ? row : [prefix, `"${holder}"`, ...rest].join(',');
}

function rowsOf(bytes: Uint8Array): unknown[] {
  const { registry, issues } = parseRegistry(bytes, 'r.csv');
  if (registry === null) return issues.kept.map((issue) => issue.message);
  return Array.from({ length: registry.count }, (_, row) => registry.registrationAt(row));
}

const HOLDERS = [
  'Holder',
  ' Holder 7 ',
  'Банк',
  'Société',
  'بنك',
  '日本',
  'a\u00a0b',
  '\u3000x',
  'x\u2003',
  '   ',
  '',
  'zero\u200bwidth',
];
const SECTORS = ['it', 'bank', 'call-centre', 'other', 'IT', ''];
const PROTOCOLS = ['', '', 'wireguard', 'openvpn;ipsec', 'tor'];
const DATES = ['', '', '2024-01-01', '2024-11-30', '2024-11-30T10:00:00Z', '2024-02-30', '2030-01-01'];
const REFERENCES = ['', 'OW-1', ' OW-2 ', 'é', 'a"b', 'x'.repeat(5000)];

function randomRow(random: SeededRandom): string {
  const fields = [HOLDERS, SECTORS, PROTOCOLS, DATES, DATES, REFERENCES].map((list) => {
    const common = list.slice(0, 3);
    return random.pick(random.below(8) === 0 ? list : common);
  });
  return [randomPrefix(random), ...fields].join(',');
}

describe('the fast path against the text parser', () => {
  it('gives the same registrations and messages for random rows', () => {
    const random = new SeededRandom(4180);
    for (let i = 0; i < 3000; i++) {
      let row = randomRow(random);
      if (random.below(4) === 0) row = mutated(random, row, [',', '\r', '\t', '\u0007', '"', ' ', '\ufeff', '/']);
      // The row comes twice, because only the second one finds its sector and dates in the cache.
      const text = (last: string): Uint8Array => encoder.encode([HEADER, row, last, ''].join('\n'));
      expect(rowsOf(text(row)), row).toEqual(row.includes('"') ? rowsOf(text(row)) : rowsOf(text(withQuotes(row))));
    }
  });

  it('gives the same registrations with LF and CRLF, with and without a last end of line', () => {
    const random = new SeededRandom(8);
    const good = { holders: ['Holder 1', ' Банк ', 'بنك', '日本', 'a\u00a0b'], until: ['', '2025-01-01'] };
    const rows = Array.from({ length: 2000 }, () => {
      const rest = [
        random.pick(SECTORS.slice(0, 4)),
        random.pick(PROTOCOLS.slice(0, 4)),
        random.pick(DATES.slice(0, 5)),
      ];
      return [randomPrefix(random), random.pick(good.holders), ...rest, random.pick(good.until), 'r'].join(',');
    });
    const expected = rowsOf(encoder.encode([HEADER, ...rows.map(withQuotes)].join('\n')));
    expect(expected).toHaveLength(2000);
    for (const [end, last] of [
      ['\n', ''],
      ['\r\n', ''],
      ['\n', '\n'],
      ['\r\n', '\r\n'],
    ] as const) {
      expect(rowsOf(encoder.encode([HEADER, ...rows].join(end) + last))).toEqual(expected);
    }
    // With an invalid last line, every row is parsed as text.
    const invalid = Buffer.concat([encoder.encode([HEADER, ...rows, ''].join('\n')), Buffer.from([0xe9])]);
    const { issues } = parseRegistry(invalid, 'r.csv');
    expect(issues.kept.map(formatIssue)).toEqual([
      expect.stringContaining('r.csv:2002:1: error: byte 0xE9 is not UTF-8 here'),
    ]);
  });

  it('gives the right dates where there are more than the cache holds', () => {
    const rows = Array.from({ length: 30_000 }, (_, i) => {
      const time = new Date(Date.UTC(2024, 0, 1) + i * 1000).toISOString();
      return `10.${i >> 16}.${(i >> 8) & 255}.${i & 255},h,it,,${time},,r`;
    });
    const { registry } = parseRegistry(encoder.encode([HEADER, ...rows, ...rows].join('\n')), 'r.csv');
    expect(registry!.count).toBe(60_000);
    for (const row of [0, 19_999, 20_001, 29_999, 30_000, 59_999]) {
      expect(registry!.registrationAt(row).validFromUs).toBe((Date.UTC(2024, 0, 1) + (row % 30_000) * 1000) * 1000);
    }
  });
});
