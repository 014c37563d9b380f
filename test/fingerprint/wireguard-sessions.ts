/** Sessions of WireGuard between two peers, as steps of a flow. */
import type { Step } from '../kit/flow-probe.ts';
import { initiation, response, transport } from './wireguard-messages.ts';

/** Indexes of peers: A and B of one session, the others of others. */
export const [A, B, C, D, OTHER] = [0x5a11ce01, 0x7b0bb1e5, 0xc0ffee11, 0x1337d00d, 0x99887766];

/** `count` transport messages of one direction. */
export function run(direction: 0 | 1, receiver: number, count: number, first = 0, plaintext?: number): Step[] {
  return Array.from({ length: count }, (_, i): Step => [direction, transport(receiver, first + i, plaintext)]);
}

/** Both directions in turn. */
export function exchange(each: number, first = 100): Step[] {
  const forth = run(0, B, each, first);
  const back = run(1, A, each, first + 50);
  return forth.flatMap((step, i) => [step, back[i]!]);
}

export const session: Step[] = [[0, initiation(A)], [1, response(B, A)], ...exchange(5, 0)];
