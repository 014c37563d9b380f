/**
 * Runs one input through readers and engine several times and compares: as it is read; with each packet between two kinds of
 * poison; by the debug build, which refuses accesses outside a structure or a packet; and read again in other pieces with other
 * stale memory.
 *
 * An input fails by one of CHECKS. `variant` picks rules, table size, poison and pieces, so a failure is found again.
 */
import { POISON_PAIRS, PoisonedArena } from './poisoned-arena.mjs';
import { EngineRun, faultName, readCapture } from './sluice.mjs';

/** What can be wrong, and what that means; kept inputs are named by it. */
export const CHECKS = {
  throw: 'an exception or a rejection',
  outside: 'an access outside a packet or a structure, or too many reads',
  poison: 'a result that depends on bytes outside a packet',
  accounting: 'a packet, flow or byte that is counted twice or not at all',
  held: 'memory that is not given back at the end, or more than the flows at hand can need',
  event: 'an event that contradicts itself or the capture',
  build: 'another result of the debug build',
  repeat: 'another result at the second reading',
  invariant: 'a structure that contradicts itself',
  reading: 'more reads of the input than it has bytes',
  hang: 'no end within the time limit',
  memory: 'more memory than the bound',
};

/** Combinations of rules, table size, poison and pieces. */
export const VARIANTS = 24;

/** Bytes handed over at a time, and the block size, of the second reading. */
const PIECES = [
  { mostAtOnce: 1000, payloadLength: 4096 },
  { mostAtOnce: Infinity, payloadLength: 4096 },
  { mostAtOnce: 4096, payloadLength: undefined },
  { mostAtOnce: 7, payloadLength: 4096 },
];

const EVIDENCE_PER_FLOW = 12;
const FINISHED = 'finish';

class Failure extends Error {
  constructor(check, detail) {
    super(detail);
    this.check = check;
  }
}

function failureOf(error, check) {
  if (error instanceof Failure) return { check: error.check, detail: error.message };
  const stack = error instanceof Error ? error.stack : String(error);
  const isOutside = error instanceof RangeError && check === 'outside';
  return { check: isOutside ? check : 'throw', detail: shortStack(stack) };
}

/** The message and the innermost places in the program, without folders. */
function shortStack(stack) {
  const [message, ...places] = stack.split('\n');
  const inner = places.slice(0, 4).map((place) => place.trim().replace(/\(.*\/(dist|fuzz)\//, '($1/'));
  return [message, ...inner].join(' ');
}

/**
 * Examines an input. Resolves to its failure `{check, detail}` or undefined, how the capture ended, and the first run (its
 * lines and counters tell what was reached), and the most reads that a packet cost.
 */
export async function examine(octets, variant) {
  const first = new EngineRun('first', variant);
  let end = 'none';
  let mostReads = 0;
  try {
    const reading = await readOnce(octets, variant, first);
    end = reading.end;
    checkAccounting(first);
    checkEvents(first);
    mostReads = await readByDebugBuild(octets, variant, first, reading);
    await readAgain(octets, variant, first, reading);
    return { failure: undefined, end, first, mostReads };
  } catch (error) {
    return { failure: failureOf(error, 'throw'), end, first, mostReads };
  }
}

/** The first reading: the run itself, and two poisoned ones in step. */
async function readOnce(octets, variant, first) {
  const poisons = POISON_PAIRS[variant % POISON_PAIRS.length];
  const arenas = poisons.map((poison) => new PoisonedArena(poison));
  for (const [number, poison] of poisons.entries()) await EngineRun.soilStreams(`poisoned ${number}`, variant, poison);
  const poisoned = poisons.map((_, number) => new EngineRun(`poisoned ${number}`, variant));
  let packets = 0;
  const runs = [first, ...poisoned];
  try {
    const { end, reads } = await readCapture(octets, {}, (batch) => {
      packets += batch.count;
      first.process(batch);
      for (const [number, run] of poisoned.entries()) run.process(arenas[number].take(batch));
      checkBounds(first);
    });
    checkReads(octets.length, reads);
    for (const run of runs) finish(run);
    if (first.counters.packets !== packets) throw new Failure('accounting', 'packets read and packets counted');
    for (const run of poisoned) compare('poison', first.result, run.result);
    return { end: `${faultName(end.fault)} ${end.message}`, packets };
  } finally {
    for (const run of runs) abandon(run);
  }
}

/** The debug build reads the records and tracks their packets; returns the most reads of a packet. */
async function readByDebugBuild(octets, variant, first, reading) {
  const debug = new EngineRun('debug', variant, true);
  try {
    const { end } = await readCapture(octets, { memory: debug.memory }, (batch) => {
      debug.process(batch);
      checkBounds(debug);
    });
    finish(debug);
    compare('build', reading.end, `${faultName(end.fault)} ${end.message}`);
    compare('build', first.result, debug.result);
    return debug.reads.most;
  } catch (error) {
    const { check, detail } = failureOf(error, 'outside');
    throw new Failure(check, detail);
  } finally {
    abandon(debug);
  }
}

/**
 * Other pieces, other blocks, another table. Where compressed data is damaged, how much before the damage is delivered depends on
 * the pieces, so they stay what they were.
 */
async function readAgain(octets, variant, first, reading) {
  const isDamaged = reading.end.startsWith('bad-compression');
  const pieces = isDamaged ? {} : PIECES[Math.floor(variant / 2) % PIECES.length];
  await EngineRun.soilStreams('again', variant, variant);
  const again = new EngineRun('again', variant);
  try {
    const { end, reads } = await readCapture(octets, pieces, (batch) => {
      again.process(batch);
    });
    checkReads(octets.length, reads);
    finish(again);
    compare('repeat', reading.end, `${faultName(end.fault)} ${end.message}`);
    compare('repeat', first.result, again.result);
  } finally {
    abandon(again);
  }
}

/** Ends a run and checks that it holds nothing more. */
function finish(run) {
  run.finish();
  run[FINISHED] = true;
  checkInvariants(run);
  for (const [name, count] of Object.entries(run.held)) {
    if (count !== 0) throw new Failure('held', `${count} ${name} after the end`);
  }
}

/** A table that a failed run has left full would fail the next one. */
function abandon(run) {
  if (run[FINISHED] !== true) run.forget();
}

function compare(check, expected, actual) {
  if (expected === actual) return;
  let at = 0;
  while (expected[at] === actual[at]) at++;
  const near = (text) => text.slice(Math.max(0, at - 60), at + 60).replaceAll('\n', ' ');
  throw new Failure(check, `${near(expected)} ≠ ${near(actual)}`);
}

function checkReads(length, reads) {
  if (reads > length + 16) throw new Failure('reading', `${reads} reads of ${length} bytes`);
}

function checkInvariants(run) {
  try {
    run.checkInvariants();
  } catch (error) {
    throw new Failure('invariant', error.message);
  }
}

/** What may be held while a capture is read: never more than the flows at hand allow. */
function checkBounds(run) {
  checkInvariants(run);
  const { flows, decisions, buckets } = run.held;
  if (decisions > flows || buckets > flows) throw new Failure('held', JSON.stringify(run.held));
}

function sum(numbers) {
  return numbers.reduce((total, number) => total + number, 0);
}

function checkAccounting({ counters }) {
  const named = sum(Object.values(counters.notDecodedByName()));
  const parts = { flows: counters.flowPackets, named, unnamed: counters.notDecodedPackets - named };
  if (counters.packets !== parts.flows + parts.named || parts.unnamed !== 0) {
    throw new Failure('accounting', `${counters.packets} packets are not ${JSON.stringify(parts)}`);
  }
  if (counters.flowsStarted !== sum(counters.flowsEnded)) throw new Failure('accounting', 'flows started and ended');
  if (counters.packets !== sum(counters.outcomePackets)) throw new Failure('accounting', 'packets and outcomes');
  if (counters.bytes !== sum(counters.outcomeBytes)) throw new Failure('accounting', 'bytes and outcomes');
}

/** Every flow ends once, the flows' packets are those counted, and no field is missing or out of range. */
function checkEvents({ lines, counters }) {
  let flows = 0;
  let packets = 0;
  for (const line of lines) {
    const event = JSON.parse(line);
    const flaw = flawOf(event, counters.packets);
    if (flaw !== '') throw new Failure('event', flaw);
    if (event.event_type !== 'flow') continue;
    flows++;
    packets += event.flow.pkts_toserver + event.flow.pkts_toclient;
  }
  if (flows !== counters.flowsStarted) throw new Failure('event', `${flows} ends of ${counters.flowsStarted} flows`);
  if (packets !== counters.flowPackets) {
    throw new Failure('event', `${packets} packets in ends of flows, ${counters.flowPackets} counted`);
  }
}

const isCount = (value) => Number.isSafeInteger(value) && value >= 0;
const isTime = (value) => /^(\d{4}|\+\d{6})-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/.test(value);

/** What is wrong with an event, in words; empty for a sound one. */
function flawOf(event, packets) {
  if (!isTime(event.timestamp)) return `timestamp ${event.timestamp}`;
  if (!(event.pcap_cnt >= 1 && event.pcap_cnt <= packets)) return `pcap_cnt ${event.pcap_cnt} of ${packets}`;
  if (typeof event.proto !== 'string' || typeof event.src_ip !== 'string') return 'no proto or no address';
  return event.event_type === 'flow' ? flowFlaw(event) : decisionFlaw(event);
}

function flowFlaw({ flow, vpn, decision }) {
  const counts = [flow.pkts_toserver, flow.pkts_toclient, flow.bytes_toserver, flow.bytes_toclient];
  if (!counts.every(isCount)) return `counts ${counts.join()}`;
  if (!isTime(flow.start) || !isTime(flow.end)) return `from ${flow.start} to ${flow.end}`;
  return (vpn === undefined) === (decision === undefined) ? '' : 'a finding without a decision, or the other way round';
}

function decisionFlaw({ vpn, decision, pcap_cnt: number }) {
  const names = [vpn?.protocol, vpn?.variant, vpn?.stage, decision?.action, decision?.reason];
  if (!names.every((name) => typeof name === 'string' && name !== 'none')) return `names ${names.join()}`;
  const { evidence } = vpn;
  if (evidence.length === 0 || evidence.length > EVIDENCE_PER_FLOW) return `${evidence.length} rows of evidence`;
  const wrong = evidence.find(
    (row) => !(row.packet >= 1 && row.packet <= number) || !isCount(row.offset) || !isShown(row),
  );
  return wrong === undefined ? '' : `evidence of ${vpn.protocol} at packet ${number}: ${JSON.stringify(wrong)}`;
}

function isShown({ check, expected, seen }) {
  return [check, expected, seen].every((text) => typeof text === 'string' && text !== '' && !text.includes('{'));
}
