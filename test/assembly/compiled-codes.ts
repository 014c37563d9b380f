/** The codes and places that the compiled dataplane has: constants, and members of enums. */
import { compiled } from './compiled.ts';

export type Codes = Readonly<Record<string, number>>;

const { exports } = await compiled<never>('codes');

/** Constants that the compiled code exports; a member of an enum as `Enum.MEMBER`. */
export const constants = Object.entries(exports as Readonly<Record<string, object>>)
  .filter((entry): entry is [string, { value: number }] => 'value' in entry[1])
  .map(([name, { value }]) => [name, value] as const);

/** Those whose names begin so, without that. */
export function compiledCodes(prefix: string): Codes {
  const own = constants.filter(([name]) => name.startsWith(prefix));
  return Object.fromEntries(own.map(([name, value]) => [name.slice(prefix.length), value]));
}
