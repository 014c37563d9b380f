/** Checks options that have one of a few names: callers need not use TypeScript. */
import { SluiceError } from './sluice-error.ts';

/** Throws SluiceError `invalid-option`. */
export function checkName(option: string, value: string, names: readonly string[]): void {
  if (!names.includes(value))
    throw new SluiceError('invalid-option', `${option} is ${JSON.stringify(value)}: it must be ${names.join(' or ')}`);
}
