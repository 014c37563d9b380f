/**
 * Which memory of a region is in use: memory that was never touched is zero, and a checkpoint leaves it out. Looks at
 * pages of 4 KB from the region's first byte on.
 */
const PAGE: usize = 4096;

/** Address of the first page in [at, limit) that has a byte other than zero; `limit` where there is none. */
export function nextUsed(at: usize, limit: usize): usize {
  let page = at;
  while (page < limit && !isUsed(page, limit)) page += PAGE;
  return page < limit ? page : limit;
}

/** Address of the first page in [at, limit) that is all zeros; `limit` where there is none. */
export function nextUnused(at: usize, limit: usize): usize {
  let page = at;
  while (page < limit && isUsed(page, limit)) page += PAGE;
  return page < limit ? page : limit;
}

/**
 * The page that begins at `at`, or what [at, limit) has of it, has a byte other than zero. `at` is a multiple of eight.
 */
function isUsed(at: usize, limit: usize): bool {
  const end = at + PAGE < limit ? at + PAGE : limit;
  let word = at;
  for (; word + 8 <= end; word += 8) if (load<u64>(word) != 0) return true;
  for (; word < end; word++) if (load<u8>(word) != 0) return true;
  return false;
}
