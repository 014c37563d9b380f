/** The captures that the project commits, by their paths from its root with `/` in them, as events show them. */
import { relative, resolve } from 'node:path';
import { listCaptures } from '../../src/capture/input/list-captures.ts';

export const ROOT = resolve(import.meta.dirname, '../..');

/** Paths like `captures/wireguard/handshake.pcap`, in the order in which they are replayed. */
export async function committedCaptures(): Promise<string[]> {
  const { paths } = await listCaptures([resolve(ROOT, 'captures')]);
  return paths.map((path) => relative(ROOT, path).replaceAll('\\', '/'));
}
