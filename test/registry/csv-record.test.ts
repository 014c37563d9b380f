import { inferSchema, initParser } from 'udsv';
import { describe, expect, it } from 'vitest';
import { RecordParser, fieldColumn } from '../../src/registry/file/csv-record.ts';
import { SeededRandom } from '../kit/random.mjs';

const NAMES = ['a', 'b', 'c'];

/** The slow twin: RFC 4180, character by character. */
function plainFields(line: string): string[] {
  const fields: string[] = [];
  let field = '';
  let quoted = false;
  for (let i = 0; i < line.length; i++) {
    const character = line[i]!;
    if (character === '"' && quoted && line[i + 1] === '"') {
      field += '"';
      i++;
    } else if (character === '"') quoted = !quoted;
    else if (character === ',' && !quoted) {
      fields.push(field);
      field = '';
    } else field += character;
  }
  return [...fields, field];
}

/** The library twin. It trusts its input, so it is only given lines of three well-formed fields. */
function libraryFields(line: string): string[] {
  let fields: string[] = [];
  initParser(inferSchema(`${NAMES.join()}\n`, { header: () => [] })).stringArrs(line, (row) => {
    fields = row;
    return true;
  });
  return fields;
}

describe('a line of CSV', () => {
  it.each([
    ['1,2,3', ['1', '2', '3']],
    [',,', ['', '', '']],
    ['"",,""', ['', '', '']],
    ['"a,b",c,"d ""e"""', ['a,b', 'c', 'd "e"']],
    [' 1 , 2,3 ', [' 1 ', ' 2', '3 ']],
    ['x,é,"日本"', ['x', 'é', '日本']],
  ])('is split: %s', (line, expected) => {
    expect(new RecordParser(NAMES).parse(line)).toEqual(expected);
  });

  it.each([
    ['1,2', 4, 'missing: c'],
    ['# list of holders', 18, 'no comments'],
    ['1,2,3,4', 7, '4 fields, 3 are allowed'],
    ['1,"2,3,4"', 10, 'missing: c'],
    ['"1,2,3', 1, 'quote'],
    ['1,"2"x,3', 3, 'quote'],
    ['1,2"x",3', 3, 'quote'],
    ['1,2,"3""', 5, 'quote'],
  ])('is refused: %s', (line, column, message) => {
    const problem = new RecordParser(NAMES).parse(line);
    expect(problem).toMatchObject({ column });
    expect((problem as { message: string }).message).toContain(message);
  });

  it('is split as by the twins', () => {
    const random = new SeededRandom(4180);
    const parser = new RecordParser(NAMES);
    const parts = ['"', '""', ',', 'x', ' ', 'yz', '"a"', '"b,c"', ';'];
    let accepted = 0;
    for (let i = 0; i < 50_000; i++) {
      let line = '';
      for (let n = random.below(9); n >= 0; n--) line += parts[random.below(parts.length)]!;
      const record = parser.parse(line);
      if ('message' in record) continue;
      accepted++;
      expect(record).toEqual(plainFields(line));
      expect(record).toEqual(libraryFields(line));
    }
    expect(accepted).toBeGreaterThan(500);
  });

  it('has the columns of its fields', () => {
    expect(fieldColumn('ab,"c,d",e', 0)).toBe(1);
    expect(fieldColumn('ab,"c,d",e', 1)).toBe(5);
    expect(fieldColumn('ab,"c,d",e', 2)).toBe(10);
  });
});
