/**
 * Times of a desk with many registrations, as a reviewer's browser has them: pages of the queue, searches, the registry
 * written out and downloaded, and an import of as many rows as a file may have. Prints Markdown; exits with 1 where a bound
 * of the contract is passed: a search 50 ms, a page of the queue 100 ms, an export 10 s, pages no slower meanwhile.
 *
 *   node bench/desk/desk-times.mjs [--registrations 1000000]          (npm run build comes before)
 */
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { fillDesk, PASSWORD, REVIEWER } from './many-registrations.mjs';

const { fetch, URLSearchParams, FormData, Blob } = globalThis;
const { values } = parseArgs({ options: { registrations: { type: 'string', default: '1000000' } } });
const count = Number(values.registrations);
const MAIN = fileURLToPath(new URL('../../dist/bin/sluice.js', import.meta.url));
const BOUNDS = { search: 50, queue: 100, export: 10_000 };
const ROUNDS = 40;
const TICKS_PER_S = 100;

const folder = mkdtempSync(join(tmpdir(), 'sluice-desk-times-'));
const state = join(folder, 'state');
const faults = [];
const lines = [];

function row(what, times, processor, bound) {
  const sorted = times.toSorted((a, b) => a - b);
  const at = (share) => sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))];
  const cells = [at(0.5), at(0.95), sorted.at(-1)].map((ms) => ms.toFixed(1)).join(' / ');
  lines.push(
    `| ${what} | ${times.length} | ${cells} | ${processor === null ? '' : processor.toFixed(1)} | ${bound ?? ''} |`,
  );
  if (bound !== undefined && at(0.5) > bound)
    faults.push(`${what}: ${at(0.5).toFixed(1)} ms, and ${bound} is the bound`);
}

/** Processor time of a process, ms, or of those of its children that have ended. */
function processorOf(pid, whose = 'own') {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1].split(' ');
  const at = whose === 'own' ? 11 : 13;
  return ((Number(fields[at]) + Number(fields[at + 1])) * 1000) / TICKS_PER_S;
}

let desk = null;
try {
  const begun = performance.now();
  const known = await fillDesk(state, count, Date.now());
  console.log(
    `${count} registrations in ${(performance.now() - begun).toFixed(0)} ms, ` +
      `${(statSync(join(state, 'desk.db')).size / 1e6).toFixed(0)} MB; load average ${loadavg()[0].toFixed(1)}; Node ${process.version}\n`,
  );
  desk = await started();
  const cookie = await signIn(desk.origin);
  const get = async (path) => {
    const from = performance.now();
    const response = await fetch(desk.origin + path, { headers: { cookie } });
    const text = await response.text();
    if (response.status !== 200) throw new Error(`${path}: ${response.status}`);
    return { ms: performance.now() - from, text };
  };
  await writtenOut(get, 'The registry written out, first');
  await times(get, 'A page of the queue', (round) => `/queue?state=review&page=${round % 60}`, BOUNDS.queue);
  const one = (round) => known[round % known.length];
  await times(get, 'Search for a reference', (round) => `/search?for=${one(round).reference}`, BOUNDS.search);
  await times(get, 'for an address', (round) => `/search?for=${one(round).prefix.split('/')[0]}`, BOUNDS.search);
  await times(get, 'for a prefix with 20 inside', (round) => `/search?for=20.${round}.16.0/22`, BOUNDS.search);
  await times(get, 'for a rare word', (round) => `/search?for=${one(round).holder.split(' ')[2]}`, BOUNDS.search);
  await times(get, 'for two words that many have', () => '/search?for=harbour%20software', BOUNDS.search);
  await times(get, 'for two letters', () => '/search?for=me', BOUNDS.search);
  await downloaded(get, cookie);
  await imported(get, cookie);
  console.log(
    '| what | times | ms: p50 / p95 / max | processor of the desk, ms each | bound |\n| --- | --: | --- | --: | --: |',
  );
  console.log(lines.join('\n'));
} finally {
  desk?.child.kill();
  await sleep(500);
  rmSync(folder, { recursive: true, force: true });
}
for (const fault of faults) console.error(fault);
process.exitCode = faults.length === 0 ? 0 : 1;

async function started() {
  const child = spawn(process.execPath, [MAIN, 'desk', '--state', state, '--listen', '127.0.0.1:0']);
  const running = { child, log: '', origin: '', startedAt: performance.now() };
  child.stderr.on('data', (text) => (running.log += text));
  let output = '';
  child.stdout.on('data', (text) => (output += text));
  while (!output.includes('The desk is at')) {
    if (child.exitCode !== null) throw new Error(running.log);
    await sleep(5);
  }
  running.origin = /http:\/\/[\d.]+:\d+/.exec(output)[0];
  return running;
}

async function signIn(origin) {
  const body = new URLSearchParams({ name: REVIEWER, password: PASSWORD });
  const response = await fetch(`${origin}/sign-in`, { method: 'POST', body, redirect: 'manual', headers: { origin } });
  return response.headers.get('set-cookie').split(';')[0];
}

async function times(get, what, path, bound) {
  await get(path(0));
  const before = processorOf(desk.child.pid);
  const found = [];
  for (let round = 1; round <= ROUNDS; round++) found.push((await get(path(round))).ms);
  row(what, found, (processorOf(desk.child.pid) - before) / ROUNDS, bound);
}

/** Pages of the queue while something else goes on; their times. */
async function meanwhile(get, isOver) {
  const found = [];
  while (!isOver()) {
    found.push((await get('/queue?state=review')).ms);
    await sleep(20);
  }
  return found;
}

async function writtenOut(get, what) {
  const pages = await meanwhile(get, () => desk.log.includes('the registry was written'));
  const ms = performance.now() - desk.startedAt;
  // The process that wrote it ends a moment later; its time is known then.
  while (processorOf(desk.child.pid, 'children') === 0) await sleep(20);
  row(what, [ms], processorOf(desk.child.pid, 'children'), BOUNDS.export);
  row('A page of the queue meanwhile', pages, null, BOUNDS.queue);
}

async function downloaded(get, cookie) {
  let isOver = false;
  const from = performance.now();
  const before = processorOf(desk.child.pid);
  const download = fetch(`${desk.origin}/registry.csv`, { headers: { cookie } }).then(async (response) => {
    let bytes = 0;
    for await (const piece of response.body) bytes += piece.length;
    isOver = true;
    return bytes;
  });
  const pages = await meanwhile(get, () => isOver);
  const bytes = await download;
  const ms = performance.now() - from;
  row(
    `registry.csv downloaded, ${(bytes / 1e6).toFixed(0)} MB`,
    [ms],
    processorOf(desk.child.pid) - before,
    BOUNDS.export,
  );
  row('A page of the queue meanwhile', pages, null, BOUNDS.queue);
}

async function imported(get, cookie) {
  const rows = Array.from(
    { length: 4999 },
    (_, at) => `Works ${at},it,45.${at >> 8}.${at & 255}.7,2026-11-01,2027-11-01,north`,
  );
  const text = `holder,sector,address,from,until,provider\n${rows.join('\n')}\n`;
  const { text: page } = await get('/imports');
  const form = new FormData();
  form.set('csrf', /name="csrf" value="([^"]+)"/.exec(page)[1]);
  form.set('file', new Blob([text], { type: 'text/csv' }), 'table.csv');
  const headers = { cookie, origin: desk.origin };
  const sent = await fetch(`${desk.origin}/imports`, { method: 'POST', body: form, redirect: 'manual', headers });
  if (sent.status !== 303) throw new Error(await sent.text());
  const path = sent.headers.get('location');
  const before = processorOf(desk.child.pid);
  let isOver = false;
  const shown = get(path).then((answer) => {
    isOver = true;
    return answer;
  });
  const pages = await meanwhile(get, () => isOver);
  const { ms, text: answer } = await shown;
  if (!/4,?999/.test(answer)) throw new Error('the rows are not understood');
  row('An import of 4,999 rows shown', [ms], processorOf(desk.child.pid) - before);
  row('A page of the queue meanwhile', pages, null);
}
