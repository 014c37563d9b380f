/** Parses an address text to its words, so that tests can write addresses as text. */
import { PrefixParser } from '../../src/registry/prefix.ts';

export function addressWords(text: string): Int32Array {
  const parser = new PrefixParser();
  if (!parser.parseAddress(text)) throw new Error(`${text}: ${parser.message}`);
  return Int32Array.of(parser.word0, parser.word1, parser.word2, parser.word3);
}
