/**
 * Runs a part of a test as a user who is bound by file permissions: root is not, so the process changes its user
 * meanwhile.
 */
const NOBODY = 65_534;

export async function withoutRights<T>(work: () => Promise<T>): Promise<T> {
  if (process.getuid?.() !== 0) return work();
  process.seteuid?.(NOBODY);
  try {
    return await work();
  } finally {
    process.seteuid?.(0);
  }
}
