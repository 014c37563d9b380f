/** The bytes that evidence is of, packet by packet, with the checks marked by their numbers. */
import type { FlowTrace } from './flow-trace.ts';
import { checkedLength, hexDump } from './hex-dump.ts';

/** An entry of evidence, as far as it tells where its bytes are. */
export interface CheckedPlace {
  readonly packet: number;
  readonly offset: number;
  readonly check: string;
}

export interface CheckedBytes {
  readonly packet: number;
  /** Bytes of the payload, and the offset that evidence shows for the first of them. */
  readonly length: number;
  readonly start: number;
  /** Lines of a hex dump, in which only the header in clear and the checked bytes are shown. */
  readonly dump: readonly string[];
}

/** Entries are numbered from 1. What `shown` has is left out, and what is returned is added to it. */
export function checkedBytes(
  evidence: readonly CheckedPlace[],
  trace: FlowTrace,
  shown = new Set<string>(),
): CheckedBytes[] {
  const marks = evidence.map(({ packet, offset, check }, index) => {
    const length = checkedLength(check);
    return { number: index + 1, packet, offset, length, head: length === 0 ? undefined : trace.headOf(packet, offset) };
  });
  const found: CheckedBytes[] = [];
  for (const head of new Set(marks.map((mark) => mark.head))) {
    if (head === undefined) continue;
    const own = marks.filter((mark) => mark.head === head);
    if (own.every(({ packet, offset, length }) => shown.has([packet, offset, length].join()))) continue;
    for (const { packet, offset, length } of own) shown.add([packet, offset, length].join());
    found.push({ packet: head.packet, length: head.length, start: head.start, dump: hexDump(head, own) });
  }
  return found;
}
