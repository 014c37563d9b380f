/** The trace of a flow in words: which fingerprints looked, at which packets, and what did not hold. */
import { UNCLAIMED_LIMIT, UNDECIDED_LIMIT } from '../../dataplane/host/traced-look.ts';
import { FingerprintId } from '../../dataplane/host/holder.ts';
import { type FlowTrace, type GivenUp, LookEnd, type TraceRow } from './flow-trace.ts';

/** Reasons shown of each fingerprint, the first ones. */
const SHOWN_REASONS = 4;

const NAMES: Readonly<Record<FingerprintId, string>> = {
  [FingerprintId.NONE]: '',
  [FingerprintId.WIREGUARD]: 'WireGuard',
  [FingerprintId.IKE]: 'IKE',
  [FingerprintId.OPENVPN]: 'OpenVPN',
  [FingerprintId.ESP_IN_UDP]: 'ESP in UDP',
  [FingerprintId.NATIVE_IPSEC]: 'ESP and AH',
};

const ENDS: Readonly<Record<LookEnd, string>> = {
  [LookEnd.NOT_CLAIMED]: '',
  [LookEnd.RULED_OUT]: ' It had begun like this protocol; this ended the search:',
  [LookEnd.UNDECIDED]: ' It looks like this protocol so far, which is too little:',
  [LookEnd.SUSPECTED]: '',
};

const GIVEN_UP: Readonly<Record<GivenUp, string>> = {
  unclaimed:
    `no fingerprint claimed ${UNCLAIMED_LIMIT} packets. Later ones are looked at only if they may open ` +
    'a VPN session.',
  undecided:
    `${UNDECIDED_LIMIT} packets were not enough for a finding. Later ones are looked at only if they ` +
    'may open a VPN session.',
  quic:
    'the server repeats the connection id of the client, so the flow is QUIC, which is no VPN. Later ' +
    'packets are not looked at.',
};

/** The only flows with a payload that no fingerprint looks at (dataplane/router-protection.ts). */
const ROUTERS =
  '  No fingerprint looked: ESP and AH to a group of one link, or between two link-local addresses, ' +
  'protect what routers say to each other, and are no VPN.';

export interface TraceShape {
  /** The position of a packet, as text. */
  readonly place: (packet: number) => string;
  /** What was seen is hidden: an unknown payload may hold addresses. */
  readonly hidesSeen: boolean;
}

/** Lines on a flow without a finding. */
export function searchLines(trace: FlowTrace, shape: TraceShape): string[] {
  const { payloadCount, unseenCount, givenUp } = trace;
  if (payloadCount === 0) return ['  No packet of it has a payload, so there was nothing to look at.'];
  if (trace.looks.size === 0) return [ROUTERS];
  const lines: string[] = [];
  for (const id of trace.looks.keys()) {
    lines.push(`  ${NAMES[id]} looked at ${looksText(trace, id)}. What did not hold:`);
    const rows = trace.rows.filter((row) => row.fingerprint === id && row.end !== LookEnd.SUSPECTED);
    lines.push(...reasonLines(rows, shape));
  }
  if (givenUp !== null) lines.push(`  At ${shape.place(givenUp.packet)}: ${GIVEN_UP[givenUp.why]}`);
  if (unseenCount > 0)
    lines.push(
      `  ${unseenCount} of ${payloadCount} packets with a payload were not looked at: the search had ` +
        'ended before them.',
    );
  return lines;
}

/** Lines on a flow that is suspected: what would confirm it. */
export function missingLines(trace: FlowTrace, shape: TraceShape): string[] {
  const rows = trace.rows.filter(({ end }) => end === LookEnd.SUSPECTED);
  return rows.length === 0
    ? []
    : ['', 'Suspected and not confirmed, because this did not hold:', ...reasonLines(rows, shape)];
}

function looksText(trace: FlowTrace, id: FingerprintId): string {
  const { count, packets } = trace.looks.get(id)!;
  const rest = count - packets.length;
  const more = rest === 0 ? '' : ` and ${rest} more`;
  return `packet${count === 1 ? '' : 's'} ${packets.join(', ')}${more}`;
}

function reasonLines(rows: readonly TraceRow[], shape: TraceShape): string[] {
  const lines = rows.slice(0, SHOWN_REASONS).map((row) => reasonLine(row, shape));
  const rest = rows.length - SHOWN_REASONS;
  return rest <= 0 ? lines : [...lines, `    and ${rest} other reason${rest === 1 ? '' : 's'} in later packets`];
}

function reasonLine({ packet, offset, end, text, count, lastPacket }: TraceRow, shape: TraceShape): string {
  const seen = shape.hidesSeen ? 'what was seen is not shown, as it may hold an address' : `seen ${text.seen}`;
  const more = count === 1 ? '' : `; the same in ${count - 1} more, the last ${lastPacket}`;
  return (
    `    ${shape.place(packet)}, offset ${offset}:${ENDS[end]} ${text.about}; expected ` +
    `${text.expected}; ${seen}${more}`
  );
}
