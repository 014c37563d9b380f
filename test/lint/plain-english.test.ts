import { Linter } from 'eslint';
import { describe, expect, it } from 'vitest';
import { plainEnglish } from './plain-english.mjs';

const linter = new Linter();

function problemsOf(code: string): string[] {
  const plugins = { house: { rules: { 'plain-english': plainEnglish } } };
  return linter
    .verify(code, [{ plugins, rules: { 'house/plain-english': 'error' } }])
    .map(({ line, message }) => `${line}: ${message}`);
}

describe('plain English', () => {
  it.each([
    ['// Counts the octets.', '"octets"'],
    ['/** Reads it anew. */', '"anew"'],
    ['// Nobody waits for it.', '"Nobody"'],
    ['/** The end. Of a flow the first packet. */', '"Of"'],
    ['// Who counts the flows.', '"Who"'],
    ["throw new Error('too many octets');", '"octets"'],
    ['throw new Error(`${1} octets of it`);', '"octets"'],
    ['/**\n * A line.\n *\n * Behind it comes another.\n */', '"Behind"'],
  ])('refuses %s', (code, word) => {
    expect(problemsOf(code).join()).toContain(word);
  });

  it.each([
    '// Counts the bytes.',
    '/** The first of two. */',
    "const octets = 'octets';",
    '// The server that is behind another address translator.',
  ])('takes %s', (code) => {
    expect(problemsOf(code)).toEqual([]);
  });
});
