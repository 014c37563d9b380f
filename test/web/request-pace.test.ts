/** Requests for pages in turns: how much of the thread's time they get, in which order, and how many may wait. */
import { setImmediate, setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { RequestPace } from '../../src/web/http/request-pace.ts';

/** Work that takes the thread for so long. */
function busy(ms: number): void {
  const untilMs = performance.now() + ms;
  while (performance.now() < untilMs);
}

async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await sleep(1);
}

describe('paced requests', () => {
  it('that come now and then are served at once', async () => {
    const pace = new RequestPace();
    for (let page = 0; page < 3; page++) {
      let served = 0;
      for (let request = 0; request < 16; request++)
        pace.add('a', () => {
          served++;
        });
      for (let turn = 0; turn < 3; turn++) await setImmediate();
      expect(served).toBe(16);
    }
  });

  it('get a quarter of the time for long, and leave the thread after two milliseconds and one request', async () => {
    const pace = new RequestPace();
    let served = 0;
    let longestMs = 0;
    let turns = 0;
    let before = performance.now();
    const others = setInterval(() => {
      longestMs = Math.max(longestMs, performance.now() - before);
      before = performance.now();
      turns++;
    }, 1);
    const began = performance.now();
    const requests = 300;
    for (let request = 0; request < requests; request++)
      pace.add('a', () => {
        busy(1);
        served++;
      });
    await until(() => served === requests);
    clearInterval(others);
    const tookMs = performance.now() - began;
    // 300 ms of work, 20 of them at once. A busy machine makes it longer, and never shorter.
    expect(tookMs).toBeGreaterThan((requests - 30) / 0.25);
    // Without turns there would be one gap of 300 ms. Waits of a shared machine are in it too.
    expect(longestMs).toBeLessThan(150);
    expect(turns).toBeGreaterThan(requests / 3);
  });

  it('of an address wait for a burst of another address for one turn', async () => {
    const pace = new RequestPace();
    const order: string[] = [];
    for (let request = 0; request < 500; request++)
      pace.add('loud', () => {
        busy(0.2);
        order.push('loud');
      });
    for (const address of ['one', 'two'])
      pace.add(address, () => {
        order.push(address);
      });
    await until(() => order.length === 502);
    expect(order.slice(0, 3)).toEqual(['loud', 'one', 'two']);
  });

  it('wait in a bounded number, of an address and in all', async () => {
    const pace = new RequestPace();
    let served = 0;
    const serve = (): void => {
      served++;
    };
    const taken = (address: string, count: number): number =>
      Array.from({ length: count }, () => pace.add(address, serve)).filter(Boolean).length;
    expect(taken('a', 1500)).toBe(1000);
    expect(['b', 'c', 'd', 'e'].map((address) => taken(address, 1500))).toEqual([1000, 1000, 1000, 0]);
    await until(() => served === 4000);
    expect(taken('a', 10)).toBe(10);
  });

  it('count what a request does in its promises, and not what it waits for', async () => {
    const pace = new RequestPace();
    let served = 0;
    const began = performance.now();
    for (let request = 0; request < 60; request++)
      pace.add('a', () => {
        void (async () => {
          await Promise.resolve();
          busy(2);
          await sleep(1);
          served++;
        })();
      });
    await until(() => served === 60);
    expect(performance.now() - began).toBeGreaterThan((120 - 24) / 0.25);
  });
});
