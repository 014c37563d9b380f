/**
 * Distinct clients, each with a row number from 0 on: an open-addressing table that grows by doubling. Exact: two addresses never share a row. The
 * hash has a key of the process, so addresses cannot be chosen to collide.
 */
import { getRandomValues } from 'node:crypto';
import { type Address, halfSipHash } from './client-hash.ts';

const [KEY_LOW, KEY_HIGH] = getRandomValues(new Int32Array(2)) as unknown as readonly [number, number];

const FIRST_CAPACITY = 1024;
const KEY_WORDS = 4;
/** The table is doubled when it is this full. */
const FULL = 0.5;

export class ClientTable {
  /** Clients so far: rows are 0 … count - 1. */
  count = 0;
  private keys = new Int32Array(FIRST_CAPACITY * KEY_WORDS);
  /** Row plus one by place; 0 where free. */
  private places = new Int32Array(FIRST_CAPACITY / FULL);

  /** The client's row, a new one for a client that was not seen before. */
  rowOf(client: Address): number {
    const place = this.find(client);
    const row = this.places[place]!;
    if (row !== 0) return row - 1;
    if (this.count * KEY_WORDS === this.keys.length) {
      this.grow();
      return this.rowOf(client);
    }
    this.places[place] = ++this.count;
    for (let word = 0; word < KEY_WORDS; word++) this.keys[(this.count - 1) * KEY_WORDS + word] = client[word]!;
    return this.count - 1;
  }

  private find(client: Address): number {
    const { keys, places } = this;
    const mask = places.length - 1;
    let place = halfSipHash(KEY_LOW, KEY_HIGH, client) & mask;
    for (; ; place = (place + 1) & mask) {
      const row = places[place]!;
      if (row === 0) return place;
      const at = (row - 1) * KEY_WORDS;
      const isSame =
        keys[at + 3] === client[3] &&
        keys[at] === client[0] &&
        keys[at + 1] === client[1] &&
        keys[at + 2] === client[2];
      if (isSame) return place;
    }
  }

  private grow(): void {
    const keys = new Int32Array(this.keys.length * 2);
    keys.set(this.keys);
    this.keys = keys;
    this.places = new Int32Array(this.places.length * 2);
    for (let row = 0; row < this.count; row++)
      this.places[this.find(keys.subarray(row * KEY_WORDS, (row + 1) * KEY_WORDS))] = row + 1;
  }
}
