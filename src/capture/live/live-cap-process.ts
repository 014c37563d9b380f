/**
 * The capturing process of the `cap` back end. Arguments: device, filter, snapshot length, kernel buffer. It writes
 * pcap to standard output, and counts to standard error once a second.
 *
 * `cap` keeps a raw pointer to the Buffer that it fills but no reference to it, so a module variable keeps the Buffer
 * alive. Packets are gathered and written with one call per turn of the event loop, in this thread: if the reader falls
 * behind, this process waits and the kernel drops packets.
 */
import { readFileSync, writeSync } from 'node:fs';
import { createRequire } from 'node:module';

interface CapDevice {
  open(device: string, filter: string, bufferSize: number, buffer: Buffer): string;
  on(event: 'packet', listener: (length: number, truncated: boolean) => void): void;
  on(event: 'error', listener: (error: Error) => void): void;
  setMinBytes?(bytes: number): void;
  close(): void;
}

const MAGIC_MICROSECONDS = 0xa1b2c3d4;
const FILE_HEADER_LENGTH = 24;
const RECORD_HEADER_LENGTH = 16;
const GATHERED_LENGTH = 1 << 20;
const REPORT_MS = 1000;
const STANDARD_OUTPUT = 1;
/** LINKTYPE_ numbers of cap's names. */
const LINK_TYPES: Readonly<Record<string, number>> = {
  NULL: 0,
  ETHERNET: 1,
  RAW: 101,
  IEEE802_11_RADIO: 127,
  LINKTYPE_LINUX_SLL: 113,
};

const [device = '', filter = '', snaplenText = '', kernelBufferText = ''] = process.argv.slice(2);
const snaplen = Math.min(Number(snaplenText), 262_144);

const { Cap } = createRequire(import.meta.url)('cap') as { Cap: new () => CapDevice };
const packet = Buffer.alloc(snaplen);
const gathered = Buffer.alloc(GATHERED_LENGTH + RECORD_HEADER_LENGTH + snaplen);
let used = 0;
let captured = 0;
let isScheduled = false;

const capture = new Cap();
const linkType = LINK_TYPES[capture.open(device, filter, Number(kernelBufferText), packet)];
if (linkType === undefined) throw new Error(`${device} has an unsupported link type`);
capture.setMinBytes?.(0);
writeFileHeader(linkType);
const countedBefore = interfaceCount();
capture.on('packet', take);
capture.on('error', (error) => {
  process.stderr.write(`${error.message}\n`);
  process.exit(1);
});
setInterval(report, REPORT_MS);
for (const signal of ['SIGTERM', 'SIGINT'] as const) {
  process.on(signal, () => {
    flush();
    report();
    process.exit(0);
  });
}

function take(length: number): void {
  const now = (performance.timeOrigin + performance.now()) * 1000;
  const kept = Math.min(length, snaplen);
  gathered.writeUInt32LE(Math.floor(now / 1e6), used);
  gathered.writeUInt32LE(Math.floor(now % 1e6), used + 4);
  gathered.writeUInt32LE(kept, used + 8);
  gathered.writeUInt32LE(length, used + 12);
  packet.copy(gathered, used + RECORD_HEADER_LENGTH, 0, kept);
  used += RECORD_HEADER_LENGTH + kept;
  captured++;
  if (used >= GATHERED_LENGTH) flush();
  else if (!isScheduled) {
    isScheduled = true;
    setImmediate(flush);
  }
}

function flush(): void {
  isScheduled = false;
  try {
    for (let at = 0; at < used;) at += writeSync(STANDARD_OUTPUT, gathered, at, used - at);
  } catch {
    // The reader has closed the pipe.
    process.exit(0);
  }
  used = 0;
}

function writeFileHeader(type: number): void {
  gathered.writeUInt32LE(MAGIC_MICROSECONDS, 0);
  gathered.writeUInt16LE(2, 4);
  gathered.writeUInt16LE(4, 6);
  gathered.writeUInt32LE(snaplen, 16);
  gathered.writeUInt32LE(type, 20);
  used = FILE_HEADER_LENGTH;
  flush();
}

/** Packets that the interface has counted in both directions; NaN if the system has no counters. */
function interfaceCount(): number {
  const counter = (name: string): number => Number(readFileSync(`/sys/class/net/${device}/statistics/${name}`, 'utf8'));
  try {
    return counter('rx_packets') + counter('tx_packets');
  } catch {
    return NaN;
  }
}

function report(): void {
  const counted = interfaceCount() - countedBefore;
  const missed = filter === '' && counted > captured ? counted - captured : 0;
  process.stderr.write(`counts captured=${captured} missed=${missed}\n`);
}
