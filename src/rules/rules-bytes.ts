/** The bytes of a policy or a registry. A pipe or a device may never end, so there are limits. */
import { createReadStream } from 'node:fs';
import { readFile, stat } from 'node:fs/promises';
import { MAX_POLICY_BYTES } from '../policy/policy.ts';

const MIB = 2 ** 20;
const MAX_FILE_BYTES = 512 * MIB;

/** Rejects where the policy cannot be read, or its pipe has more than a policy may have. */
export function policyBytes(path: string): Promise<Uint8Array> {
  return bytesOf(path, MAX_POLICY_BYTES);
}

/** Rejects where the registry cannot be read, or has more than 512 MiB: that is room for 5 million registrations. */
export function registryBytes(path: string): Promise<Uint8Array> {
  return bytesOf(path, MAX_FILE_BYTES);
}

async function bytesOf(path: string, streamLimit: number): Promise<Uint8Array> {
  const found = await stat(path);
  if (found.isFile()) {
    if (found.size > MAX_FILE_BYTES) throw tooLarge(MAX_FILE_BYTES);
    return readFile(path);
  }
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of createReadStream(path)) {
    chunks.push(chunk as Uint8Array);
    length += (chunk as Uint8Array).length;
    if (length > streamLimit) throw tooLarge(streamLimit);
  }
  return Buffer.concat(chunks);
}

function tooLarge(limit: number): Error {
  return new Error(`it has more than ${limit / MIB} MiB`);
}
