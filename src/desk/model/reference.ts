/** References (`OW-2026-000123`), secret links, and keys of forms. */
import { createHash, randomBytes } from 'node:crypto';

const SECRET_BYTES = 16;
const REFERENCE = /^OW-\d{4}-\d{5,8}(?:\/\d{1,4})?$/;
const SECRET = /^[\w-]{22}$/;

/** The reference of the `number`th application of a year. */
export function referenceOf(year: number, number: number): string {
  return `OW-${year}-${String(number).padStart(6, '0')}`;
}

export function isReference(text: string): boolean {
  return REFERENCE.test(text);
}

/** 128 random bits as 22 characters: a secret link, or the key of a form. */
export function randomSecret(): string {
  return randomBytes(SECRET_BYTES).toString('base64url');
}

export function isSecret(text: string): boolean {
  return SECRET.test(text);
}

/** Secrets are stored as this only. */
export function secretHash(secret: string): string {
  return createHash('sha256').update(`sluice desk ${secret}`).digest('hex');
}
