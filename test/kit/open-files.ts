import { readdirSync, readlinkSync } from 'node:fs';

/** Paths below a folder that this process has open, once for each descriptor (Linux). */
export function openFiles(folder: string): string[] {
  const targets = readdirSync('/proc/self/fd').map((descriptor) => {
    try {
      return readlinkSync(`/proc/self/fd/${descriptor}`);
    } catch {
      return '';
    }
  });
  return targets.filter((target) => target.startsWith(folder));
}
