/** Runs a piece of a test as somebody whom file permissions bind: root is not, so root steps aside for as long as it takes. */
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
