/**
 * Makes a failing input smaller while it goes on failing: takes out runs of records, or, where there are none to be seen, bytes
 * from the end, then sets bytes to zero. It stops after a number of tries, so that it is no hang itself.
 */
import { recordsOf } from './damage-container.mjs';

const MOST_TRIES = 1500;

/** `fails(bytes)` resolves to whether they still fail the same way. */
export async function minimise(octets, fails) {
  let tries = 0;
  const stillFails = async (candidate) => tries++ < MOST_TRIES && fails(candidate);
  let smallest = octets;
  smallest = await withoutRecords(smallest, stillFails);
  if (recordsOf(smallest).length === 0) smallest = await withoutEnd(smallest, stillFails);
  return withZeros(smallest, stillFails);
}

/** Takes out half of the records, a quarter, … one; never the first, which is the file header. */
async function withoutRecords(octets, stillFails) {
  let smallest = octets;
  for (let share = 2; ; share *= 2) {
    const count = recordsOf(smallest).length;
    const run = Math.max(1, Math.floor(count / share));
    for (let first = 1; first < recordsOf(smallest).length;) {
      const records = recordsOf(smallest).slice(first, first + run);
      const last = records.at(-1);
      const candidate = Buffer.concat([smallest.subarray(0, records[0].at), smallest.subarray(last.at + last.length)]);
      if (await stillFails(candidate)) smallest = candidate;
      else first += run;
    }
    if (run === 1) return smallest;
  }
}

async function withoutEnd(octets, stillFails) {
  let smallest = octets;
  for (let step = Math.floor(octets.length / 2); step >= 1; step = Math.floor(step / 2)) {
    while (smallest.length > step && (await stillFails(smallest.subarray(0, smallest.length - step)))) {
      smallest = smallest.subarray(0, smallest.length - step);
    }
  }
  return smallest;
}

async function withZeros(octets, stillFails) {
  const zeroed = Buffer.from(octets);
  for (let step = Math.max(1, Math.floor(octets.length / 16)); ; step = Math.max(1, Math.floor(step / 4))) {
    for (let at = 24; at < zeroed.length; at += step) {
      const before = Buffer.from(zeroed.subarray(at, at + step));
      if (before.every((octet) => octet === 0)) continue;
      zeroed.fill(0, at, at + before.length);
      if (!(await stillFails(zeroed))) before.copy(zeroed, at);
    }
    if (step <= 1) return zeroed;
  }
}
