import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, describe, expect, it } from 'vitest';
import type { Log } from '../../src/output/log/log.ts';
import { Notifier } from '../../src/daemon/notifier.ts';
import { until } from '../kit/running-daemon.ts';

/** A webhook that answers as the test specifies, and stores the requests. */
class Webhook {
  readonly bodies: Record<string, unknown>[] = [];
  requests = 0;
  private readonly server: Server;

  constructor(answer: (request: number) => number | 'never') {
    this.server = createServer((request, response) => {
      const status = answer(++this.requests);
      let body = '';
      request.on('data', (piece: Buffer) => (body += piece.toString()));
      request.on('end', () => {
        if (status === 'never') return;
        if (status === 200) this.bodies.push(JSON.parse(body) as Record<string, unknown>);
        response.writeHead(status, status === 302 ? { location: 'http://127.0.0.1:1/' } : {}).end();
      });
    });
  }

  async start(): Promise<URL> {
    await new Promise<void>((resolve) => this.server.listen(0, '127.0.0.1', resolve));
    return new URL(`http://127.0.0.1:${(this.server.address() as AddressInfo).port}/secret-path`);
  }

  stop(): void {
    this.server.closeAllConnections();
    this.server.close();
  }
}

const logged: string[] = [];
const log = {
  warn: (fields: object, message: string) => logged.push(JSON.stringify({ ...fields, message })),
} as unknown as Log;

let webhook: Webhook;
afterEach(() => {
  webhook.stop();
  logged.length = 0;
});

async function notifierTo(
  answer: (request: number) => number | 'never',
  pausesMs: readonly number[] = [5, 5, 5],
): Promise<Notifier> {
  webhook = new Webhook(answer);
  return new Notifier({ url: await webhook.start(), timeoutMs: 300, pausesMs, queueLimit: 3 }, log);
}

describe('the webhook', () => {
  it('gets each notice once, in order', async () => {
    const notifier = await notifierTo(() => 200);
    for (let number = 0; number < 3; number++) notifier.notify({ number });
    await until('all are sent', () => notifier.counts.sent === 3);
    expect(webhook.bodies).toEqual([{ number: 0 }, { number: 1 }, { number: 2 }]);
    expect(logged).toEqual([]);
  });

  it('is tried again where it fails, does not answer or sends elsewhere, and its path is in no log', async () => {
    const answers = [500, 'never', 302, 200] as const;
    const notifier = await notifierTo((request) => answers[request - 1] ?? 200);
    notifier.notify({ event: 'breaker-tripped' });
    await until('it is sent', () => notifier.counts.sent === 1);
    expect(webhook.requests).toBe(4);
    expect(logged).toHaveLength(3);
    expect(logged.join()).not.toContain('secret-path');
  });

  it('is given up after the last pause, and the next notice has its turn', async () => {
    const notifier = await notifierTo((request) => (request <= 4 ? 503 : 200));
    notifier.notify({ number: 1 });
    notifier.notify({ number: 2 });
    await until('the second is sent', () => notifier.counts.sent === 1);
    expect(notifier.counts).toEqual({ sent: 1, failed: 1, dropped: 0 });
    expect(webhook.bodies).toEqual([{ number: 2 }]);
  });

  it('gets the latest where too many wait, and the others are counted', async () => {
    const notifier = await notifierTo((request) => (request === 1 ? 500 : 200), [200]);
    for (let number = 0; number < 10; number++) notifier.notify({ number });
    await until('those that were kept are sent', () => notifier.counts.sent === 4);
    // The first was under way; of the others three fit.
    expect(webhook.bodies.map(({ number }) => number)).toEqual([0, 7, 8, 9]);
    expect(notifier.counts).toEqual({ sent: 4, failed: 0, dropped: 6 });
  });

  it('that is not there holds nothing up: closing ends within its time, and what waits is counted', async () => {
    const notifier = await notifierTo(() => 'never', [60_000]);
    for (let number = 0; number < 3; number++) notifier.notify({ number });
    await sleep(20);
    const since = performance.now();
    await notifier.close(100);
    expect(performance.now() - since).toBeLessThan(1000);
    expect(notifier.counts.dropped).toBe(2);
    notifier.notify({ late: true });
    expect(notifier.counts.dropped).toBe(3);
  });
});
