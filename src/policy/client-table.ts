/**
 * Numbers distinct clients from 0 on: an open-addressing hash table that grows by doubling. Two addresses never share a
 * row. The hash is keyed by a random number of the process, so addresses cannot be chosen to collide.
 */
import { randomFillSync } from 'node:crypto';
import { type Address, halfSipHash } from './client-hash.ts';

const [KEY_LOW, KEY_HIGH] = randomFillSync(new Int32Array(2)) as unknown as readonly [number, number];

const FIRST_CAPACITY = 1024;
const KEY_WORDS = 4;
/** The highest load factor: the table is doubled when it is this full. */
const MAX_LOAD = 0.5;

export class ClientTable {
  /** Clients so far: rows are 0 … count - 1. */
  count = 0;
  private keys = new Int32Array(FIRST_CAPACITY * KEY_WORDS);
  /** By slot: row plus one; 0 where free. */
  private slots = new Int32Array(FIRST_CAPACITY / MAX_LOAD);

  has(client: Address): boolean {
    return this.slots[this.find(client)] !== 0;
  }

  /** The client's row; a new client gets a new row. */
  rowOf(client: Address): number {
    const slot = this.find(client);
    const row = this.slots[slot]!;
    if (row !== 0) return row - 1;
    if (this.count * KEY_WORDS === this.keys.length) {
      this.grow();
      return this.rowOf(client);
    }
    this.slots[slot] = ++this.count;
    for (let word = 0; word < KEY_WORDS; word++) this.keys[(this.count - 1) * KEY_WORDS + word] = client[word]!;
    return this.count - 1;
  }

  private find(client: Address): number {
    const { keys, slots } = this;
    const mask = slots.length - 1;
    let slot = halfSipHash(KEY_LOW, KEY_HIGH, client) & mask;
    for (; ; slot = (slot + 1) & mask) {
      const row = slots[slot]!;
      if (row === 0) return slot;
      const at = (row - 1) * KEY_WORDS;
      const isSame =
        keys[at + 3] === client[3] &&
        keys[at] === client[0] &&
        keys[at + 1] === client[1] &&
        keys[at + 2] === client[2];
      if (isSame) return slot;
    }
  }

  private grow(): void {
    const keys = new Int32Array(this.keys.length * 2);
    keys.set(this.keys);
    this.keys = keys;
    this.slots = new Int32Array(this.slots.length * 2);
    for (let row = 0; row < this.count; row++)
      this.slots[this.find(keys.subarray(row * KEY_WORDS, (row + 1) * KEY_WORDS))] = row + 1;
  }
}
