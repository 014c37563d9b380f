/**
 * Accepted survivors: survivors.json lists the mutants that no test kills, by reason and file. A mutant is identified
 * by its mutator, the text of its line and its change, so it is still recognised after code has moved.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

const LONGEST = 100;
const groups = JSON.parse(readFileSync(join(import.meta.dirname, 'survivors.json'), 'utf8'));
const reasons = new Map();
for (const { reason, mutants } of groups) {
  for (const [file, keys] of Object.entries(mutants)) for (const key of keys) reasons.set(`${file} ${key}`, reason);
}

/** The identity of a mutant: its mutator, the first line of its code, and the change. */
export function keyOf({ mutatorName, location, replacement }, lines) {
  const { start, end } = location;
  const first = lines[start.line - 1];
  const code = (
    end.line === start.line ? first.slice(start.column - 1, end.column - 1) : first.slice(start.column - 1)
  ).trim();
  return `${mutatorName} in \`${cut(first)}\`: \`${cut(code)}\` → \`${cut(replacement)}\``;
}

function cut(text) {
  const line = text.trim().replace(/\s+/g, ' ');
  return line.length > LONGEST ? `${line.slice(0, LONGEST - 1)}…` : line;
}

/** The reason for which a survivor is accepted; undefined where there is none. */
export function reasonOf({ file, key }) {
  return reasons.get(`${file} ${key}`);
}

export function unexplained(survivors) {
  return survivors.filter((survivor) => reasonOf(survivor) === undefined);
}
