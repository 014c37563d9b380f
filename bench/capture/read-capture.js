// How fast captures are read and their records walked, against tools that do the same: `npm run build` first, then
//   node bench/capture/read-capture.js [packets]
// Workload: one classic pcap of 3,000,000 packets (default) of 60 to 1514 bytes, about 1 GB, in the temporary folder; and
// the same as pcapng where editcap is installed. Every run is a process of its own, all turns alternate, the median of 7
// wall-clock times counts, process start included. Compare the ratios only: machines are shared.
import { spawnSync } from 'node:child_process';
import * as fs from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CaptureFile } from '../../test/kit/capture-file.mjs';
import { SeededRandom } from '../../test/kit/random.mjs';

const ROUNDS = 7;
const BARE_READ = join(import.meta.dirname, '../peers/bare-read.mjs');
const UP_TO_STAGE = join(import.meta.dirname, '../engine/up-to-stage.mjs');

compare(Number(process.argv[2] ?? 3_000_000));

function compare(packetCount) {
  const folder = fs.mkdtempSync(join(tmpdir(), 'read-capture-'));
  try {
    const pcap = join(folder, 'large.pcap');
    generate(pcap, packetCount);
    measure(`pcap, ${fs.statSync(pcap).size} bytes`, pcap);
    const pcapng = join(folder, 'large.pcapng');
    if (spawnSync('editcap', ['-F', 'pcapng', pcap, pcapng]).status === 0) {
      measure(`pcapng, ${fs.statSync(pcapng).size} bytes`, pcapng);
    }
  } finally {
    fs.rmSync(folder, { recursive: true });
  }
}

function measure(title, file) {
  const turns = {
    'bare block read': [process.execPath, BARE_READ, file],
    'sluice, records walked': [process.execPath, UP_TO_STAGE, 'walked', file],
    'sluice, from a pipe': ['sh', '-c', `cat '${file}' | '${process.execPath}' '${UP_TO_STAGE}' walked -`],
    'capinfos -c': ['capinfos', '-c', file],
    'tcpdump -w /dev/null': ['tcpdump', '-r', file, '-w', '/dev/null'],
  };
  const seconds = Object.fromEntries(Object.keys(turns).map((name) => [name, []]));
  for (let round = 0; round < ROUNDS; round++) {
    for (const [name, [command, ...args]] of Object.entries(turns)) {
      const began = performance.now();
      if (spawnSync(command, args).status === 0) seconds[name].push((performance.now() - began) / 1000);
    }
  }
  console.log(title);
  for (const [name, times] of Object.entries(seconds)) {
    const sorted = times.sort((a, b) => a - b);
    console.log(
      `  ${name.padEnd(24)} ${sorted.length > 0 ? sorted[sorted.length >> 1].toFixed(3) + ' s' : 'not installed'}`,
    );
  }
}

/** Ethernet frames of three sizes' classes, times 10 µs apart. */
function generate(path, packetCount) {
  const random = new SeededRandom(12345);
  const file = new CaptureFile(path);
  file.pcapHeader();
  for (let i = 0; i < packetCount; i++) {
    const kind = random.share();
    const [least, range] = kind < 0.55 ? [60, 40] : kind < 0.85 ? [100, 300] : [1000, 514];
    const at = file.begin();
    const end = at + least + random.below(range);
    file.bytes.fill(i & 255, at, end);
    file.end(end, 1_700_000_000_000_000 + i * 10);
  }
  file.close();
}
