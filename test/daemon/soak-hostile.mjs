// Hostile requests to a daemon's HTTP port and control socket, one of each a second. An answer is never a page for an
// invalid request, and never an internal error of the server.
import { Buffer } from 'node:buffer';
import { randomFillSync } from 'node:crypto';
import { connect } from 'node:net';

const PATIENCE_MS = 5000;

const httpRequests = (host) => [
  `GET /../../etc/passwd HTTP/1.1\r\nHost: ${host}\r\n\r\n`,
  'GET /metrics HTTP/1.1\r\nHost: rebound.example\r\n\r\n',
  'GET /metrics HTTP/1.1\r\n\r\n',
  'GET /metrics HTTP/9.9\r\n\r\n',
  `GET /metrics HTTP/1.1\r\nHost: ${host}\r\nX: ${'x'.repeat(100_000)}\r\n\r\n`,
  `GET /${'a'.repeat(60_000)} HTTP/1.1\r\nHost: ${host}\r\n\r\n`,
  `POST /reload HTTP/1.1\r\nHost: ${host}\r\nContent-Length: 999999999999\r\n\r\n`,
  `POST /metrics HTTP/1.1\r\nHost: ${host}\r\nTransfer-Encoding: chunked\r\n\r\nffffffffffffffffff\r\n`,
  `DELETE / HTTP/1.1\r\nHost: ${host}\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`,
  `GET /metrics HTTP/1.1\r\nHost: ${host}\r\nSlow: `,
  '\u0016\u0003\u0001\u0002',
  randomFillSync(Buffer.alloc(4096)),
];

const controlRequests = () => [
  randomFillSync(Buffer.alloc(4096)),
  'x'.repeat(2 << 20),
  '{"command":"__proto__"}\n',
  '{"command":"reset"}\n',
  '[[[[[[[[[[\n',
  '',
];

export class HostileRequests {
  sent = 0;
  /** Answers by the first digit of their HTTP status. */
  answers = {};
  open = new Set();

  constructor(port, control) {
    this.targets = [
      ...httpRequests(`127.0.0.1:${port}`).map((bytes) => [{ host: '127.0.0.1', port }, bytes]),
      ...controlRequests().map((bytes) => [{ path: control }, bytes]),
    ];
  }

  /** One of each, without waiting. */
  send() {
    for (const [target, bytes] of this.targets) this.sendOne(target, bytes);
    // A scraper that disconnects before it has read the answer.
    const left = connect(this.targets[0][0], () => {
      left.end(`GET /metrics HTTP/1.1\r\nHost: 127.0.0.1:${this.targets[0][0].port}\r\n\r\n`, () =>
        left.resetAndDestroy(),
      );
    });
    left.on('error', () => undefined);
    this.sent++;
  }

  stop() {
    for (const socket of this.open) socket.destroy();
  }

  sendOne(target, bytes) {
    this.sent++;
    const socket = connect(target, () => socket.write(bytes));
    this.open.add(socket);
    socket.setTimeout(PATIENCE_MS, () => socket.destroy());
    socket.once('data', (answer) => {
      const status = /^HTTP\/1\.1 (\d)\d\d /.exec(answer.toString('latin1'))?.[1];
      if (status !== undefined) this.answers[`${status}xx`] = (this.answers[`${status}xx`] ?? 0) + 1;
    });
    socket.on('error', () => undefined);
    socket.on('close', () => this.open.delete(socket));
  }
}
