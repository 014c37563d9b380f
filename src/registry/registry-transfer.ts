/**
 * Transfers a registry between threads: its columns move without a copy, and get their classes again on the other side.
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

/** The memory of a registry, for a transfer list. After a transfer the registry can no longer be used on this side. */
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

/** Restores a received registry, whose objects have the same fields but no classes. */
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
