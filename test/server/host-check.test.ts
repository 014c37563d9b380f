/** Hosts that a request may name. */
import { describe, expect, it } from 'vitest';
import { isLoopback, isMeant } from '../../src/web/http/host-check.ts';

describe('the header Host', () => {
  it.each<[string | undefined, string, boolean]>([
    ['127.0.0.1:9464', '127.0.0.1', true],
    ['127.0.0.1', '::ffff:127.0.0.1', true],
    ['localhost:9464', '127.0.0.1', true],
    ['LOCALHOST.', '127.0.0.1', true],
    ['[::1]:9464', '::1', true],
    ['localhost', '::1', true],
    ['192.0.2.7:9464', '192.0.2.7', true],
    ['metrics.example:9464', '192.0.2.7', true],
    ['METRICS.Example', '127.0.0.1', true],
    // A name that a site has pointed to this machine.
    ['rebound.example', '127.0.0.1', false],
    ['rebound.example:9464', '127.0.0.1', false],
    ['localhost.rebound.example', '127.0.0.1', false],
    ['127.0.0.1.rebound.example', '127.0.0.1', false],
    ['localhost', '192.0.2.7', false],
    ['127.0.0.2', '127.0.0.1', false],
    ['192.0.2.8', '192.0.2.7', false],
    [undefined, '127.0.0.1', false],
    ['', '127.0.0.1', false],
    ['localhost:9464:1', '127.0.0.1', false],
    ['localhost@rebound.example', '127.0.0.1', false],
    ['local host', '127.0.0.1', false],
    ['[::1', '::1', false],
    ['a'.repeat(10_000), '127.0.0.1', false],
  ])('%s, of a request that came to %s: %s', (host, local, isOne) => {
    expect(isMeant(host, local, ['metrics.example'])).toBe(isOne);
  });

  it('knows addresses by which a machine reaches itself', () => {
    for (const host of ['localhost', '127.0.0.1', '127.9.9.9', '::1', '::ffff:127.0.0.1'])
      expect(isLoopback(host)).toBe(true);
    for (const host of ['0.0.0.0', '::', '192.0.2.1', '128.0.0.1', '1270.0.0.1', 'example', '::ffff:192.0.2.1'])
      expect(isLoopback(host)).toBe(false);
    // Names that only look like such an address.
    for (const host of ['127.example.net', '127.0.0.1.example', '127.1', '']) expect(isLoopback(host)).toBe(false);
  });
});
