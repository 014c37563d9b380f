/** Payloads of every protocol, and what becomes of them where bytes are changed, cut off, added and moved. */
import type { Step } from '../kit/flow-probe.ts';
import { auth, mainSa, marked, saInit, saInitAnswer } from './ike-messages.ts';
import { ah, esp } from '../kit/ipsec-packets.ts';
import { concat } from '../kit/bytes.mjs';
import { SeededRandom } from '../kit/random.mjs';
import { data1, data2, session } from '../kit/openvpn-messages.ts';
import { disco, initiation, response, transport } from './wireguard-messages.ts';

export const noise = new SeededRandom(41);
const peers = { initiator: noise.bytes(8), responder: noise.bytes(8) };

export const wireguard: Step[] = [
  [0, initiation(0x5a11ce01)],
  [1, response(0x7b0bb1e5, 0x5a11ce01)],
  ...Array.from({ length: 6 }, (_, i): Step => [0, transport(0x7b0bb1e5, i)]),
];
export const ike: Step[] = [
  [0, saInit(peers)],
  [1, saInitAnswer(peers)],
  [0, marked(auth(peers))],
  [0, mainSa(peers)],
];

export const originals: readonly Step[] = [
  ...wireguard,
  ...ike,
  ...(['plain', 'tls-auth', 'tls-crypt', 'tls-crypt-v2'] as const).flatMap((wrap) => session(wrap)),
  ...Array.from({ length: 6 }, (_, i): Step[] => [
    [0, data1(i + 1)],
    [1, data2(3, i + 1)],
    [0, esp(0xc0de1234, i + 1)],
    [1, ah(0xc0de1234, i + 1)],
    [0, disco()],
  ]).flat(),
];

/** Bytes changed, cut off, added and moved. */
export function mutated(bytes: Uint8Array): Uint8Array {
  const changed = bytes.slice();
  for (let i = noise.below(4); i > 0; i--) changed[noise.below(changed.length)] = noise.word();
  switch (noise.below(4)) {
    case 0:
      return changed.subarray(0, noise.below(changed.length + 1));
    case 1:
      return concat(changed, noise.bytes(noise.below(40)));
    case 2:
      return concat(changed.subarray(noise.below(8)));
    default:
      return changed;
  }
}
