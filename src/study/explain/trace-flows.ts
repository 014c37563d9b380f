/** Reads a capture again and traces what the fingerprints make of some of its flows. */
import { Opening, isRecordStart, openingRecord } from '../../dataplane/fingerprint/first-records.ts';
import { FingerprintId, RETIRED } from '../../dataplane/fingerprint/holder.ts';
import { Payload } from '../../dataplane/fingerprint/payload.ts';
import { fallShort, shortfall, Shortfall } from '../../dataplane/fingerprint/shortfall.ts';
import { type PacketView, Transport } from '../../dataplane/wire/packet-view.ts';
import { FlowWalk, type WalkOptions } from '../../pipeline/flow-walk.ts';
import { FlowTrace } from './flow-trace.ts';
import { TracedFingerprints } from './traced-fingerprints.ts';

/** The fingerprints that look for records in streams. */
const OF_STREAMS = [FingerprintId.OPENVPN, FingerprintId.IKE] as const;

/**
 * Traces of flows, by the numbers of their first packets. `flows` has these numbers, each with the packets that
 * evidence of the flow is of. `paths` are the files of one capture.
 */
export async function traceFlows(
  paths: readonly string[],
  flows: ReadonlyMap<number, ReadonlySet<number>>,
  options: Omit<WalkOptions, 'fingerprints'>,
): Promise<Map<number, FlowTrace>> {
  const traces = new Map(Array.from(flows, ([first, evidence]) => [first, new FlowTrace(evidence)]));
  const fingerprints = new TracedFingerprints();
  const walk = new FlowWalk({ ...options, fingerprints });
  let wasRetired = false;
  await walk.walk(paths, {
    arrives: (_packet, firstPacket, handle) => {
      fingerprints.trace = traces.get(firstPacket) ?? null;
      wasRetired = handle === RETIRED;
    },
    packet: (batch, row, packet, view) => {
      const { trace } = fingerprints;
      if (trace === null || view.payloadCaptured === 0) return;
      trace.payloadCount++;
      if (trace.lastLook === packet) return;
      if (view.transport === Transport.TCP && !wasRetired && trace.givenUp === null)
        noteSegment(trace, view, packet, batch.timeUs[row]!);
      if (trace.lastLook !== packet) trace.unseenCount++;
    },
  });
  return traces;
}

/** A segment that was shown to no fingerprint: no record begins in it, or not all of one is there. */
function noteSegment(trace: FlowTrace, view: PacketView, packet: number, timeUs: number): void {
  const { data, payloadAt: at, payloadCaptured: captured, payloadLength: length } = view;
  const isOpening = openingRecord(data, at, captured) !== Opening.NOTHING || isRecordStart(data, at, captured);
  shortfall.fill(0);
  if (isOpening) fallShort(0, Shortfall.STREAM_INCOMPLETE, 0, 0, captured);
  else fallShort(0, Shortfall.STREAM_OPENING, 0, 0, firstWord(view));
  const payload = Object.assign(new Payload(), { data, at, captured, length, packet, timeUs });
  for (const id of OF_STREAMS) trace.noteUnclaimed(id, payload);
}

/** The first four bytes captured; those that are not there are zero. */
function firstWord({ data, payloadAt, payloadCaptured }: PacketView): number {
  let word = 0;
  for (let i = 0; i < 4; i++) word = (word << 8) | (i < payloadCaptured ? data.getUint8(payloadAt + i) : 0);
  return word;
}
