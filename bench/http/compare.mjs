/**
 * What an answer of two builds to /healthz and /metrics costs: `node bench/http/compare.mjs BEFORE AFTER`, each the path of a
 * built bin/sluice.js. Both run as a daemon, a fresh process each turn, in turns whose order alternates; each of eight
 * connections asks again once it has its answer. Prints the processor time of the daemon per answer, which a busy machine
 * changes less than answers per second, and the ratio of each pair. `--paths /a,/b` asks for others.
 */
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const PAIRS = 9;
const CONNECTIONS = 8;
const WARM_MS = 500;
const MEASURED_MS = 1500;
/** Linux counts in hundredths of a second. */
const TICK_US = 10_000;

const args = process.argv.slice(2);
const flag = args.indexOf('--paths');
const paths = flag < 0 ? ['/healthz', '/metrics'] : args.splice(flag, 2)[1].split(',');
const [before, after] = args;

const median = (values) => [...values].sort((a, b) => a - b)[values.length >> 1];

/** Starts a daemon without packets; its port, its process, and a function that ends it. */
async function start(program) {
  const state = mkdtempSync(join(tmpdir(), 'sluice-bench-'));
  const child = spawn(process.execPath, [program, 'run', '-', '--listen', '127.0.0.1:0', '--state', state], {
    stdio: ['pipe', 'ignore', 'pipe'],
  });
  let log = '';
  child.stderr.setEncoding('utf8').on('data', (text) => (log += text));
  const find = (message) => log.split('\n').find((line) => line.includes(`"${message}"`));
  while (find('running') === undefined) {
    if (child.exitCode !== null) throw new Error(log);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  const stop = async () => {
    child.kill('SIGKILL');
    await new Promise((resolve) => child.once('close', resolve));
    rmSync(state, { recursive: true, force: true });
  };
  return { port: JSON.parse(find('listening')).port, pid: child.pid, stop };
}

/** Processor time of a process, µs. */
function processorTime(pid) {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1].split(' ');
  return (Number(fields[11]) + Number(fields[12])) * TICK_US;
}

/** Microseconds of the daemon for an answer to a path. */
async function cost({ port, pid }, path) {
  const request = `GET ${path} HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\n\r\n`;
  let count = 0;
  const sockets = Array.from({ length: CONNECTIONS }, () => {
    const socket = connect(port, '127.0.0.1');
    socket.setNoDelay(true).setEncoding('latin1');
    let answer = '';
    socket.on('data', (text) => {
      answer += text;
      if (!isWhole(answer)) return;
      if (!answer.startsWith('HTTP/1.1 200')) throw new Error(answer.slice(0, 300));
      answer = '';
      count++;
      socket.write(request);
    });
    socket.write(request);
    return socket;
  });
  await new Promise((resolve) => setTimeout(resolve, WARM_MS));
  const [from, since] = [count, processorTime(pid)];
  await new Promise((resolve) => setTimeout(resolve, MEASURED_MS));
  const result = (processorTime(pid) - since) / (count - from);
  for (const socket of sockets) socket.destroy();
  return result;
}

/** An answer ends with its last chunk, or after its length. */
function isWhole(answer) {
  const end = answer.indexOf('\r\n\r\n');
  if (end < 0) return false;
  const length = /content-length: (\d+)/i.exec(answer.slice(0, end));
  return length === null ? answer.endsWith('\r\n0\r\n\r\n') : answer.length >= end + 4 + Number(length[1]);
}

const costs = { before: {}, after: {} };
for (let pair = 0; pair < PAIRS; pair++) {
  const order = pair % 2 === 0 ? ['before', 'after'] : ['after', 'before'];
  for (const side of order) {
    const daemon = await start(side === 'before' ? before : after);
    for (const path of paths) (costs[side][path] ??= []).push(await cost(daemon, path));
    await daemon.stop();
  }
}
for (const path of paths) {
  const [old, now] = [costs.before[path], costs.after[path]];
  const ratios = now.map((value, pair) => value / old[pair]);
  console.log(
    `${path}: before ${median(old).toFixed(1)} µs, after ${median(now).toFixed(1)} µs, ratio ${median(ratios).toFixed(3)} (of pairs: ${Math.min(...ratios).toFixed(3)} to ${Math.max(...ratios).toFixed(3)})`,
  );
}
