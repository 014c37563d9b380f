// Traffic of the soak through a pipe: the first packets of a committed handshake, each time from another client, with times of now.
import { readFileSync } from 'node:fs';

const CAPTURE = new URL('../../captures/wireguard/handshake.pcap', import.meta.url);
const PACKETS_PER_FLOW = 8;
const TURN_MS = 20;

export class PipeTraffic {
  source = ['-'];
  hasEnded = false;
  sent = 0;

  /** Twice as many clients as flows: a client that returns has been evicted. */
  constructor(rate, flows) {
    this.rate = rate;
    this.clients = flows * 2;
    const bytes = readFileSync(CAPTURE);
    this.header = bytes.subarray(0, 24);
    this.frames = [];
    for (let at = 24; this.frames.length < PACKETS_PER_FLOW;) {
      const length = bytes.readUInt32LE(at + 8);
      this.frames.push(bytes.subarray(at + 16, at + 16 + length));
      at += 16 + length;
    }
    this.client = Buffer.from(this.frames[0].subarray(26, 30));
  }

  start({ stdin }) {
    stdin.write(this.header);
    const since = performance.now();
    let number = 0;
    let isBlocked = false;
    this.timer = setInterval(() => {
      const due = ((performance.now() - since) / 1000) * this.rate - this.sent;
      if (isBlocked || due < PACKETS_PER_FLOW) return;
      const nowUs = (performance.timeOrigin + performance.now()) * 1000;
      const pieces = [];
      for (let made = 0; made + PACKETS_PER_FLOW <= due; made += PACKETS_PER_FLOW) {
        pieces.push(this.conversation(number, nowUs));
        number = (number + 1) % this.clients;
        this.sent += PACKETS_PER_FLOW;
      }
      isBlocked = !stdin.write(Buffer.concat(pieces));
      if (isBlocked) stdin.once('drain', () => (isBlocked = false));
    }, TURN_MS);
  }

  /** A client's packets, all with the same time. */
  conversation(number, nowUs) {
    return Buffer.concat(
      this.frames.map((frame) => {
        const record = Buffer.alloc(16 + frame.length);
        record.writeUInt32LE(Math.floor(nowUs / 1e6), 0);
        record.writeUInt32LE(Math.floor(nowUs % 1e6), 4);
        record.writeUInt32LE(frame.length, 8);
        record.writeUInt32LE(frame.length, 12);
        frame.copy(record, 16);
        const at = 16 + (frame.subarray(26, 30).equals(this.client) ? 26 : 30);
        record.writeUInt32BE(((10 << 24) | number) >>> 0, at);
        return record;
      }),
    );
  }

  /** Resolves to how many packets were sent. */
  stop() {
    clearInterval(this.timer);
    return Promise.resolve(this.sent);
  }
}
