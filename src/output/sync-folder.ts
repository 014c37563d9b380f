/** Makes a rename in a folder survive a power failure, which it does only once the folder is synced. */
import { closeSync, fsyncSync, openSync } from 'node:fs';

export function syncFolder(path: string): void {
  const descriptor = openSync(path, 'r');
  try {
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}
