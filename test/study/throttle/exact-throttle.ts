/**
 * Throttles in exact arithmetic, packet by packet. A bucket is no count of tokens here but a time, as in the generic cell
 * rate algorithm (ITU-T I.371, virtual scheduling): the time at which it will be full. A packet moves that time on by what
 * it costs. What lies beyond now is the debt; a debt of up to one burst passes at once, of up to two waits for the
 * rest of it, and more is dropped.
 *
 * Times are BigInt: microseconds times the rate in bits per second, so a byte costs 8,000,000 whatever the rate.
 */
const BYTE = 8_000_000n;
/** A gap between two packets counts as no more than this. */
const PAUSE_US = 1_000_000n;

export interface ExactRule {
  readonly rate: number;
  readonly burst: number;
}

/** A packet that came to a bucket: the bucket's key, whole microseconds, bytes on the wire. */
export interface ExactPacket {
  readonly key: string;
  readonly timeUs: number;
  readonly bytes: number;
}

export interface ExactOutcome extends ExactPacket {
  readonly outcome: 'forwarded' | 'delayed' | 'dropped';
  readonly delayUs: number;
}

interface ExactSender {
  readonly key: string;
  readonly takenUs: number;
  readonly neededUs: number;
}

/**
 * What the packets become, in their order. Throws for a packet so near to a limit that floating point may fall on either
 * side; whole bytes per microsecond are exact there too.
 */
export function exactOutcomes({ rate, burst }: ExactRule, packets: readonly ExactPacket[]): ExactOutcome[] {
  const [perMicro, room] = [BigInt(rate), BigInt(burst) * BYTE];
  const fullAt = new Map<string, bigint>();
  const clocks = new Map<string, bigint>();
  return packets.map((packet) => {
    const now = later(clocks.get(packet.key) ?? 0n, BigInt(packet.timeUs) * perMicro);
    clocks.set(packet.key, now);
    const full = later(fullAt.get(packet.key) ?? 0n, now) + BigInt(packet.bytes) * BYTE;
    if (perMicro % BYTE !== 0n && (isNear(full - now, room) || isNear(full - now, 2n * room)))
      throw new Error(`the packet at ${packet.timeUs} is on the edge of its bucket: choose another seed`);
    if (full - now > 2n * room) return { ...packet, outcome: 'dropped', delayUs: 0 };
    fullAt.set(packet.key, full);
    const wait = full - now - room;
    if (wait <= 0n) return { ...packet, outcome: 'forwarded', delayUs: 0 };
    return { ...packet, outcome: 'delayed', delayUs: quotient(wait, perMicro) };
  });
}

/** The senders of the packets, each on a time line of its own that its waits push on; none of their packets is lost. */
export function exactSenders({ rate, burst }: ExactRule, packets: readonly ExactPacket[]): ExactSender[] {
  const [perMicro, room] = [BigInt(rate), BigInt(burst) * BYTE];
  const byKey = new Map<string, ExactPacket[]>();
  for (const packet of packets) byKey.set(packet.key, [...(byKey.get(packet.key) ?? []), packet]);
  return [...byKey].map(([key, own]) => {
    const firstUs = BigInt(own[0]!.timeUs);
    let [lastUs, pausesUs] = [firstUs, 0n];
    let [sent, full] = [firstUs * perMicro, 0n];
    for (const { timeUs, bytes } of own) {
      const gapUs = later(BigInt(timeUs) - lastUs, 0n);
      lastUs += gapUs;
      pausesUs += later(gapUs - PAUSE_US, 0n);
      const ready = sent + gapUs * perMicro;
      full = later(full, ready) + BigInt(bytes) * BYTE;
      sent = later(ready, full - room);
    }
    const takenUs = lastUs - firstUs - pausesUs;
    return { key, takenUs: Number(takenUs), neededUs: quotient(sent - (firstUs + pausesUs) * perMicro, perMicro) };
  });
}

/** The quantile by nearest rank. */
export function exactQuantile(numbers: readonly number[], share: number): number {
  const sorted = [...numbers].sort((a, b) => a - b);
  return sorted[Math.ceil(share * sorted.length) - 1]!;
}

function isNear(one: bigint, other: bigint): boolean {
  return one - other < BYTE / 1000n && other - one < BYTE / 1000n;
}

function later(one: bigint, other: bigint): bigint {
  return one > other ? one : other;
}

/** Exact to nine digits after the point. */
function quotient(dividend: bigint, divisor: bigint): number {
  const whole = dividend / divisor;
  return Number(whole) + Number(((dividend % divisor) * 1_000_000_000n) / divisor) / 1e9;
}
