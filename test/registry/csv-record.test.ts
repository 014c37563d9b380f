import { describe, expect, it } from 'vitest';
import { RecordParser, fieldColumn } from '../../src/registry/file/csv-record.ts';
import { randomFrom } from './random.ts';

const NAMES = ['a', 'b', 'c'];

/** RFC 4180, character by character: the slow twin. */
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

describe('a line of CSV', () => {
  it.each([
    ['1,2,3', ['1', '2', '3']],
    [',,', ['', '', '']],
    ['"",,""', ['', '', '']],
    ['"a,b",c,"d ""e"""', ['a,b', 'c', 'd "e"']],
    [' 1 , 2,3 ', [' 1 ', ' 2', '3 ']],
    ['\ufeffx,é,"日本"', ['x', 'é', '日本']],
  ])('%s', (line, expected) => {
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
  ])('%s is refused', (line, column, message) => {
    const problem = new RecordParser(NAMES).parse(line);
    expect(problem).toMatchObject({ column });
    expect((problem as { message: string }).message).toContain(message);
  });

  it('is what a plain reading makes of it', () => {
    const random = randomFrom(4180);
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
    }
    expect(accepted).toBeGreaterThan(500);
  });

  it('knows where a field begins', () => {
    expect(fieldColumn('ab,"c,d",e', 0)).toBe(1);
    expect(fieldColumn('ab,"c,d",e', 1)).toBe(5);
    expect(fieldColumn('ab,"c,d",e', 2)).toBe(10);
  });
});
