/**
 * Checks whether a request is meant for this server, against DNS rebinding: a page of any site can let its own name
 * point to this machine, and a browser then treats this server as that site. Such a request has the site's name in its
 * Host header. Accepted are the address that the request came to, the name that the server listens on, and names that
 * the operator has configured. The port is ignored, because a mapped port differs.
 */
import { isIP } from 'node:net';

const LOOPBACK = /^127\.|^::1$/;

/** True for addresses, and the name, that only reach the own machine. */
export function isLoopback(host: string): boolean {
  const address = plainAddress(host);
  // A name like 127.example.net may resolve to any address.
  return host === 'localhost' || (isIP(address) !== 0 && LOOPBACK.test(address));
}

/** An address without its IPv4-mapped form. */
export function plainAddress(address: string): string {
  return address.toLowerCase().replace(/^::ffff:(?=\d+\.)/, '');
}

/** `host` is the header; `localAddress` is the address of this machine that the request came to. */
export function isMeant(host: string | undefined, localAddress: string, names: readonly string[]): boolean {
  const name = nameIn(host ?? '');
  if (name === null) return false;
  const local = plainAddress(localAddress);
  if (isIP(name) !== 0) return plainAddress(name) === local || names.includes(name);
  return (name === 'localhost' && isLoopback(local)) || names.includes(name);
}

/** The host without its port, in lower case; null if it is invalid. */
function nameIn(host: string): string | null {
  const match = /^(?:\[([0-9a-f:.]+)\]|([a-z0-9._-]+?)\.?)(?::\d{1,5})?$/i.exec(host);
  return match === null ? null : (match[1] ?? match[2]!).toLowerCase();
}
