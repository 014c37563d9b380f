/**
 * Compresses answers that are worth it, outside of the thread that captures. Answers about a session are left as they
 * are: with a secret and a text of the caller in one answer, its compressed length would tell of the secret.
 */
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import type { Access, ApiAnswer } from '../api/route.ts';

/** A smaller one needs as many packets on the way. */
const LEAST_BYTES = 4096;
/** A level above costs a third more time, and saves a twentieth. */
const LEVEL = 4;
const OF_FIGURES: readonly Access[] = ['read', 'audit'];

const compress = promisify(gzip);

/** True for an answer whose form depends on what the browser accepts. */
export function isCompressible({ body, parts, etag }: ApiAnswer, access: Access): boolean {
  return OF_FIGURES.includes(access) && parts === undefined && etag === undefined && body.length >= LEAST_BYTES;
}

/** True if the header allows gzip. */
export function acceptsGzip(header: string | readonly string[] | undefined): boolean {
  return /(?:^|[\s,])gzip(?=[\s,;]|$)(?!\s*;\s*q=0(?:\.0*)?(?:[\s,]|$))/i.test(header?.toString() ?? '');
}

export async function compressedAnswer(answer: ApiAnswer): Promise<ApiAnswer> {
  const body = await compress(answer.body, { level: LEVEL });
  return { ...answer, body, headers: { ...answer.headers, 'content-encoding': 'gzip' } };
}
