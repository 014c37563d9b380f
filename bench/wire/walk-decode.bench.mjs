/**
 * A capture read block by block into linear memory, its records walked and its packets decoded there, against `tcpdump -w /dev/null`.
 *
 * Processor seconds, as the machine may be busy: of tcpdump the whole process, of the dataplane what the process takes from the first
 * read to the last. `again` is a second pass in the same process, when the engine has compiled what is hot: what each further million
 * packets cost. Each run is a process of its own, and the programs take turns.
 *
 *   node bench/wire/walk-decode.bench.mjs [FILE.pcap]     by default the generator's realistic mix of a million packets
 */
import { execFileSync } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, readFileSync, readSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { median, medianRatio, rounds, runOnce } from '../measure.mjs';

const ROUNDS = 7;
/** Room before what is read, for the rest of the block before; and bytes of a read. */
const HEADROOM = 1 << 20;
const READ_LENGTH = 1 << 18;

const ROOT = resolve(import.meta.dirname, '../..');
const ENTRY = 'test/assembly/entries/walk-decode.ts';

const [given, role, wasm] = process.argv.slice(2);
if (role === undefined) compare(given);
else console.log(JSON.stringify(await measured(given, wasm, role)));

/** One pass over a file, or for `again` the second: processor seconds, packets, and those that lead to a flow. */
async function measured(path, wasmPath, role) {
  const memory = new WebAssembly.Memory({ initial: 256 });
  const abort = () => {
    throw new Error('the dataplane has aborted');
  };
  const { instance } = await WebAssembly.instantiate(readFileSync(wasmPath), {
    env: { memory, abort },
    'heap-host': { heapStart: 0 },
  });
  const block = instance.exports.takeRegion(HEADROOM + READ_LENGTH);
  const pass = () => passOver(path, instance.exports, new Uint8Array(memory.buffer), block, role !== 'walk');
  const first = pass();
  return role === 'again' ? pass() : first;
}

function passOver(path, { begin, take, packets, decoded }, bytes, block, isDecoding) {
  begin();
  const file = openSync(path, 'r');
  const before = process.cpuUsage();
  let at = block + HEADROOM;
  for (;;) {
    const count = readSync(file, bytes, block + HEADROOM, READ_LENGTH);
    if (count === 0) break;
    const limit = block + HEADROOM + count;
    const rest = take(at, limit, isDecoding);
    at = block + HEADROOM - (limit - rest);
    bytes.copyWithin(at, rest, limit);
  }
  const { user, system } = process.cpuUsage(before);
  closeSync(file);
  return { seconds: (user + system) / 1e6, packets: packets(), decoded: decoded() };
}

function compare(path) {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-bench-'));
  try {
    const wasmPath = join(folder, 'walk-decode.wasm');
    const flags = ['--config', 'src/dataplane/assembly/asconfig.json', '--target', 'release', '--outFile', wasmPath];
    execFileSync('node_modules/.bin/asc', [ENTRY, ...flags], { cwd: ROOT });
    report(path ?? generatedCapture(folder), wasmPath);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function generatedCapture(folder) {
  const path = join(folder, 'mix.pcap');
  const generator = join(ROOT, 'bench/generate/main.mjs');
  execFileSync(process.execPath, [generator, '--packets', '1000000', '--flows', '66667', path]);
  return path;
}

function report(path, wasmPath) {
  const seconds = { tcpdump: [], walk: [], decode: [], again: [] };
  let counts;
  for (const turns of rounds(Object.keys(seconds), ROUNDS)) {
    for (const name of turns) {
      if (name === 'tcpdump') {
        seconds.tcpdump.push(runOnce('tcpdump', ['-r', path, '-w', '/dev/null']).cpuSeconds);
        continue;
      }
      const { stdout } = runOnce(process.execPath, [import.meta.filename, path, name, wasmPath]);
      counts = JSON.parse(stdout);
      seconds[name].push(counts.seconds);
    }
  }
  console.log(`${counts.packets} packets, ${counts.decoded} of them decoded, medians of ${ROUNDS}, processor seconds`);
  for (const [name, values] of Object.entries(seconds)) {
    const each = (median(values) / counts.packets) * 1e9;
    const ratio = medianRatio(values, seconds.tcpdump);
    console.log(
      `  ${name.padEnd(8)} ${median(values).toFixed(3)} s ${each.toFixed(0).padStart(4)} ns a packet ${ratio.toFixed(2)} of tcpdump`,
    );
  }
}
