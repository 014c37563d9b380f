/** The address under which a client is counted: behind a proxy, and among the connections of its network. */
import { describe, expect, it } from 'vitest';
import { MOST_CONNECTIONS_OF_PEER, PeerConnections } from '../../src/web/http/connections.ts';
import { clientAddress, isForwarded } from '../../src/web/http/forwarded-address.ts';
import { requestRefusal } from '../../src/web/http/request-check.ts';

describe('the client of a proxy', () => {
  it.each<[string, string | undefined, string]>([
    ['the last entry', '192.0.2.7', '192.0.2.7'],
    ['the last entry, whatever the client wrote before it', '10.0.0.1, 8.8.8.8, 192.0.2.7', '192.0.2.7'],
    ['the last entry, where the client claims to be the proxy', '127.0.0.1, 192.0.2.7', '192.0.2.7'],
    ['the proxy, where a client on the same machine forges an address', '8.8.8.8, 127.0.0.1', '127.0.0.1'],
    ['an address of IPv6', '2001:DB8::1', '2001:db8::1'],
    ['an address in brackets with its port', '[2001:db8::1]:443', '2001:db8::1'],
    ['an address with its port', '192.0.2.7:51000', '192.0.2.7'],
    ['an address of IPv4 within IPv6', '::ffff:192.0.2.7', '192.0.2.7'],
    ['the proxy without the header', undefined, '127.0.0.1'],
    ['the proxy where the entry is no address', 'unknown', '127.0.0.1'],
    ['the proxy where the entry is a long text', 'a'.repeat(10_000), '127.0.0.1'],
    ['the proxy where the entry is empty', '192.0.2.7,', '127.0.0.1'],
  ])('is %s', (_what, header, address) => {
    expect(clientAddress(header === undefined ? {} : { 'x-forwarded-for': header }, '127.0.0.1')).toBe(address);
  });

  it('is not served where only this machine is, and no proxy is named', () => {
    const socket = { remoteAddress: '127.0.0.1', localAddress: '127.0.0.1' };
    const refusal = (headers: Record<string, string>, isRemote: boolean): number | undefined =>
      requestRefusal({ socket, url: '/', headers: { host: '127.0.0.1:9464', ...headers } } as never, {
        isRemote,
        proxy: null,
        names: [],
      })?.status;
    expect(refusal({}, false)).toBeUndefined();
    for (const name of ['x-forwarded-for', 'x-real-ip', 'forwarded', 'x-forwarded-host', 'x-forwarded-proto']) {
      expect(isForwarded({ [name]: 'x' })).toBe(true);
      expect(refusal({ [name]: '192.0.2.7' }, false), name).toBe(403);
      // Where other machines are served anyway, the header changes nothing.
      expect(refusal({ [name]: '192.0.2.7' }, true), name).toBeUndefined();
    }
  });
});

describe('connections', () => {
  it('of one network of IPv6 count together', () => {
    const peers = new PeerConnections();
    const own = (at: number): string => `2001:db8:1:2::${at.toString(16)}`;
    for (let at = 0; at < MOST_CONNECTIONS_OF_PEER; at++) expect(peers.open(own(at))).toBe(true);
    expect([peers.open(own(9999)), peers.open('2001:db8:1:3::1'), peers.open('192.0.2.1')]).toEqual([
      false,
      true,
      true,
    ]);
    peers.close(own(0));
    expect([peers.open(own(9999)), peers.open(own(9998))]).toEqual([true, false]);
  });
});
