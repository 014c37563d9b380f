/** Payloads of every protocol, and what becomes of them where octets are changed, cut off, added and moved. */
import type { Step } from '../kit/flow-probe.ts';
import { auth, mainSa, marked, saInit, saInitAnswer } from './ike-messages.ts';
import { ah, esp } from '../kit/ipsec-packets.ts';
import { Noise, octets } from './octets.ts';
import { data1, data2, session } from '../kit/openvpn-messages.ts';
import { disco, initiation, response, transport } from './wireguard-messages.ts';

export const noise = new Noise(41);
const peers = { initiator: noise.take(8), responder: noise.take(8) };

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
export const { random } = noise;

/** Octets changed, cut off, added and moved. */
export function mutated(bytes: Uint8Array): Uint8Array {
  const changed = bytes.slice();
  for (let i = random.below(4); i > 0; i--) changed[random.below(changed.length)] = random.word();
  switch (random.below(4)) {
    case 0:
      return changed.subarray(0, random.below(changed.length + 1));
    case 1:
      return octets(changed, noise.take(random.below(40)));
    case 2:
      return octets(changed.subarray(random.below(8)));
    default:
      return changed;
  }
}
