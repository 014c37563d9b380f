/** The log of evidence, for test/fingerprint/evidence-log.test.ts. */
import { EvidenceLog } from '../../../src/dataplane/assembly/fingerprint/evidence';

const log = new EvidenceLog();

export function select(head: i32): void {
  log.select(head);
}

export function note(packet: f64, check: i32, offset: u32, expected: i32, seen: i32): void {
  log.note(packet, check, offset, expected, seen);
}

export function has(check: i32): bool {
  return log.has(check);
}

export function release(head: i32): void {
  log.release(head);
}

export function head(): i32 {
  return log.head;
}

export function count(): i32 {
  return log.count;
}

export function rowAt(row: i32): usize {
  return log.rowAt(row);
}
