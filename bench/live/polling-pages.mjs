/**
 * Open pages of the console, without a browser: each asks for the live document once a second over a connection of its own, with
 * the ETag of the answer before, as a browser does. Run as `node polling-pages.mjs URL COUNT`; prints its counts at SIGTERM.
 */
import { spawn } from 'node:child_process';
import { Agent, get } from 'node:http';
import { fileURLToPath } from 'node:url';

const EVERY_MS = 1000;

/** Such pages in a process of their own. */
export class PollingPages {
  output = '';

  constructor(url, count) {
    this.child = spawn(process.execPath, [fileURLToPath(import.meta.url), url, String(count)], {
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

const [program, url, count] = process.argv.slice(1);
if (program === fileURLToPath(import.meta.url)) {
  const answers = {};
  let slowestMs = 0;
  for (let page = 0; page < Number(count); page++) {
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    let etag;
    setTimeout(
      () =>
        setInterval(() => {
          const since = performance.now();
          const headers = etag === undefined ? {} : { 'if-none-match': etag };
          get(`${url}/api/v1/live`, { agent, headers }, (response) => {
            ({ etag } = response.headers);
            response.resume().on('end', () => {
              answers[response.statusCode] = (answers[response.statusCode] ?? 0) + 1;
              slowestMs = Math.max(slowestMs, performance.now() - since);
            });
          }).on('error', () => (answers.failed = (answers.failed ?? 0) + 1));
        }, EVERY_MS),
      (page * EVERY_MS) / Number(count),
    );
  }
  process.on('SIGTERM', () => {
    process.stdout.write(JSON.stringify({ answers, slowestMs: Math.round(slowestMs) }));
    process.exit();
  });
}
