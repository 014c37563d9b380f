/** The floor: a file's blocks are read, one after the other, and nothing is done with them. Prints their bytes. */
import { closeSync, openSync, readSync } from 'node:fs';

const BLOCK_LENGTH = 1 << 20;

const file = openSync(process.argv[2], 'r');
const block = new Uint8Array(BLOCK_LENGTH);
let octets = 0;
for (let count = 1; count > 0; octets += count) count = readSync(file, block, 0, BLOCK_LENGTH, null);
closeSync(file);
console.log(octets);
