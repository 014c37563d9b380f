/**
 * Open pages of the console, without a browser: each asks for the live document once a second over a connection of its own, with
 * the ETag of the answer before, as a browser does. A burst is so many requests more, all at once after four seconds and then each
 * ten seconds, of what the Overview asks. Run as `node polling-pages.mjs URL COUNT BURST`; prints its counts at SIGTERM.
 */
import { spawn } from 'node:child_process';
import { Agent, get } from 'node:http';
import { fileURLToPath } from 'node:url';

const EVERY_MS = 1000;
const FIRST_BURST_MS = 4000;
const BURST_EVERY_MS = 10_000;
const BURST_CONNECTIONS = 300;
const BURST_PATHS = ['live', 'overview', 'health', 'chart?measure=decisions&by=action', 'rules', 'session'];

/** Such pages in a process of their own. */
export class PollingPages {
  output = '';

  constructor(url, count, burst) {
    this.child = spawn(process.execPath, [fileURLToPath(import.meta.url), url, String(count), String(burst)], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    this.child.stdout.setEncoding('utf8').on('data', (text) => (this.output += text));
    this.ended = new Promise((resolve) => this.child.once('close', resolve));
    process.on('exit', () => this.child.kill('SIGKILL'));
  }

  /** Resolves to the counts of answers, by status, and the longest time that one took. */
  async stop() {
    this.child.kill('SIGTERM');
    await this.ended;
    return JSON.parse(this.output);
  }
}

const [program, url, count, burst] = process.argv.slice(1);
if (program === fileURLToPath(import.meta.url)) {
  const answers = {};
  let slowestMs = 0;
  const ask = (path, agent, headers, onAnswer = () => undefined) => {
    const since = performance.now();
    get(`${url}/api/v1/${path}`, { agent, headers }, (response) => {
      onAnswer(response);
      response.resume().on('end', () => {
        answers[response.statusCode] = (answers[response.statusCode] ?? 0) + 1;
        slowestMs = Math.max(slowestMs, performance.now() - since);
      });
    }).on('error', () => (answers.failed = (answers.failed ?? 0) + 1));
  };
  for (let page = 0; page < Number(count); page++) {
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    let etag;
    const poll = () =>
      ask('live', agent, etag === undefined ? {} : { 'if-none-match': etag }, ({ headers }) => ({ etag } = headers));
    setTimeout(() => setInterval(poll, EVERY_MS), (page * EVERY_MS) / Number(count));
  }
  const many = new Agent({ keepAlive: true, maxSockets: BURST_CONNECTIONS });
  const burstNow = () => {
    for (let at = 0; at < Number(burst); at++) ask(BURST_PATHS[at % BURST_PATHS.length], many, {});
  };
  setTimeout(() => {
    burstNow();
    setInterval(burstNow, BURST_EVERY_MS);
  }, FIRST_BURST_MS);
  process.on('SIGTERM', () => {
    process.stdout.write(JSON.stringify({ answers, slowestMs: Math.round(slowestMs) }));
    process.exit();
  });
}
