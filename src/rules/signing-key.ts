/**
 * Ed25519 keys (RFC 8032) that sign manifests, as PEM files: PKCS #8 for private keys, SPKI for public ones. A key's id
 * is the first 16 hexadecimal digits of the SHA-256 of its 32 public bytes. A private key must be readable by its owner
 * alone.
 */
import {
  createHash,
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
  sign,
  verify,
} from 'node:crypto';
import { closeSync, fstatSync, openSync, readFileSync, writeFileSync } from 'node:fs';

const ID_LENGTH = 16;
const OTHERS_MASK = 0o077;
const PEM_BLOCK = /-----BEGIN ([A-Z0-9 ]+)-----[^-]+-----END \1-----/g;
const LARGEST_FILE = 1 << 16;

export interface PublicKey {
  readonly id: string;
  readonly key: KeyObject;
}

/** A key file that cannot be used. The message is a sentence for the user. */
export class KeyFileError extends Error {}

/**
 * Creates a key pair: the private key at `path` with mode 0600, the public one at `${path}.pub`. Never overwrites.
 * Returns the id.
 */
export function makeKeyFiles(path: string): string {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519');
  write(path, privateKey.export({ type: 'pkcs8', format: 'pem' }) as string, 0o600);
  write(`${path}.pub`, publicKey.export({ type: 'spki', format: 'pem' }) as string, 0o644);
  return keyId(publicKey);
}

function write(path: string, text: string, mode: number): void {
  try {
    writeFileSync(path, text, { mode, flag: 'wx' });
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    throw new KeyFileError(code === 'EEXIST' ? `${path} exists: a key is never overwritten` : message);
  }
}

/** Reads a private key. Throws KeyFileError where the file is not a key, or other users may access it. */
export function readPrivateKey(path: string): PublicKey {
  const { text, mode } = read(path);
  if ((mode & OTHERS_MASK) !== 0) {
    const shown = (mode & 0o777).toString(8).padStart(4, '0');
    throw new KeyFileError(
      `${path} may be read or written by others (mode ${shown}): make a new key, or chmod 600 ${path}`,
    );
  }
  const key = attempt(path, () => createPrivateKey(text));
  requireEd25519(path, key);
  return { id: keyId(createPublicKey(key)), key };
}

/** Reads the public keys of a file with one or more PEM blocks. Throws KeyFileError where it contains anything else. */
export function readPublicKeys(path: string): PublicKey[] {
  const { text } = read(path);
  const blocks = [...text.matchAll(PEM_BLOCK)];
  if (blocks.length === 0) throw new KeyFileError(`${path} has no key in PEM`);
  return blocks.map(([block, label]) => {
    if (label !== 'PUBLIC KEY')
      throw new KeyFileError(
        `${path} has a ${label!.toLowerCase()}; checking signatures needs the public key, ${path}.pub`,
      );
    const key = attempt(path, () => createPublicKey(block));
    requireEd25519(path, key);
    return { id: keyId(key), key };
  });
}

export function keyId(key: KeyObject): string {
  const raw = Buffer.from(key.export({ format: 'jwk' }).x!, 'base64url');
  return createHash('sha256').update(raw).digest('hex').slice(0, ID_LENGTH);
}

/** The signature of bytes, base64. */
export function signBytes(bytes: Uint8Array, { key }: PublicKey): string {
  return sign(null, bytes, key).toString('base64');
}

export function isSignedBy(bytes: Uint8Array, signature: string, { key }: PublicKey): boolean {
  return verify(null, bytes, key, Buffer.from(signature, 'base64'));
}

/** The mode and the text of a file, read through one descriptor so that both are of the same file. */
function read(path: string): { text: string; mode: number } {
  let descriptor: number | null = null;
  try {
    descriptor = openSync(path, 'r');
    const { mode, size } = fstatSync(descriptor);
    if (size > LARGEST_FILE) throw new Error(`it has ${size} bytes`);
    return { text: readFileSync(descriptor, 'utf8'), mode };
  } catch (error) {
    throw new KeyFileError(`cannot read the key ${path}: ${(error as Error).message}`);
  } finally {
    if (descriptor !== null) closeSync(descriptor);
  }
}

function attempt(path: string, make: () => KeyObject): KeyObject {
  try {
    return make();
  } catch {
    throw new KeyFileError(`${path} is not an Ed25519 key in PEM`);
  }
}

function requireEd25519(path: string, key: KeyObject): void {
  if (key.asymmetricKeyType !== 'ed25519')
    throw new KeyFileError(`${path} is a key of type ${key.asymmetricKeyType ?? 'unknown'}; Ed25519 is needed`);
}
