#!/usr/bin/env node
/**
 * Findings in the form that the public corpus' scorer reads: one JSON line for each decision of `sluice replay --each`.
 *
 *   npm run build && node test/corpus/scorer-lines.mjs FOLDER > out.jsonl
 *
 * with lines like {"file":"a/b.pcap","proto":"udp","src_ip":"…","src_port":500,"dest_ip":"…","dest_port":500,"protocol":"ipsec"},
 * `file` being the path below FOLDER. Captures that could not be read to their end are named on stderr and do not fail the run.
 */
import { spawn } from 'node:child_process';
import { relative } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const CAPTURE_INCOMPLETE = 4;

const [folder, ...rest] = process.argv.slice(2);
if (folder === undefined || rest.length > 0) {
  console.error('usage: node test/corpus/scorer-lines.mjs FOLDER > out.jsonl');
  process.exit(2);
}

const sluice = fileURLToPath(new URL('../../dist/bin/sluice.js', import.meta.url));
const run = spawn(process.execPath, [sluice, 'replay', folder, '--each', '--decisions', '-', '--quiet'], {
  stdio: ['ignore', 'pipe', 'inherit'],
});
const exited = new Promise((resolve) => run.on('exit', resolve));
const lines = [];
for await (const line of createInterface({ input: run.stdout })) {
  const event = JSON.parse(line);
  const scored = {
    file: relative(folder, event.pcap_filename),
    proto: event.proto.toLowerCase(),
    src_ip: event.src_ip,
    src_port: event.src_port ?? 0,
    dest_ip: event.dest_ip,
    dest_port: event.dest_port ?? 0,
    protocol: event.vpn.protocol,
  };
  lines.push(JSON.stringify(scored));
}
process.stdout.write(lines.map((line) => `${line}\n`).join(''));
const code = await exited;
process.exitCode = code === CAPTURE_INCOMPLETE ? 0 : (code ?? 1);
