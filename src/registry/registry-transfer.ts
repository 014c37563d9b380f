/**
 * A registry between threads: its columns are handed over without a copy, and given their classes again on the other side.
 */
import { Ipv4Trie } from './lookup/ipv4-trie.ts';
import { Ipv6Trie } from './lookup/ipv6-trie.ts';
import { PrefixColumns } from './lookup/prefix-columns.ts';
import { PrefixTrie } from './lookup/prefix-trie.ts';
import { RegistrationColumns } from './lookup/registration-columns.ts';
import { Registry } from './registry.ts';
import { ValidityIndex } from './lookup/validity-index.ts';
import { TextColumn } from './lookup/text-column.ts';

type Plain = Record<string, unknown>;

/** The blocks of memory that a registry stands on; whoever transfers them can use the registry no more. */
export function registryBlocks(registry: Registry): ArrayBuffer[] {
  const blocks = new Set<ArrayBuffer>();
  collect(registry, blocks);
  return [...blocks];
}

function collect(value: unknown, blocks: Set<ArrayBuffer>): void {
  if (ArrayBuffer.isView(value)) {
    if (value.buffer instanceof ArrayBuffer) blocks.add(value.buffer);
  } else if (typeof value === 'object' && value !== null) {
    for (const part of Object.values(value)) collect(part, blocks);
  }
}

/** Makes a registry of what came over: the same fields, without their classes. */
export function reviveRegistry(plain: unknown): Registry {
  const registry = plain as Plain;
  const columns = registry.columns as Plain;
  const trie = registry.trie as Plain;
  adopt(columns.prefixes, PrefixColumns);
  adopt(columns.holders, TextColumn);
  adopt(columns.references, TextColumn);
  adopt(columns, RegistrationColumns);
  adopt(trie.ipv4, Ipv4Trie);
  adopt(trie.ipv6, Ipv6Trie);
  adopt(trie, PrefixTrie);
  adopt(registry.validityIndex, ValidityIndex);
  adopt(registry, Registry);
  return plain as Registry;
}

function adopt(value: unknown, kind: { readonly prototype: object }): void {
  Object.setPrototypeOf(value, kind.prototype);
}
