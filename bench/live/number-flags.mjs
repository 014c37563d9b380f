/** Reads the flags of a bench that are numbers above 0, with those that it has beside them. */
import { parseArgs } from 'node:util';

/**
 * Prints the help, or what is wrong with a number, and ends the process then. `defaults`: the number of each flag as a
 * text; `others`: further flags, as parseArgs takes them; `mayBeZero`: names of numbers that may be 0.
 */
export function readNumberFlags({ help, defaults, others = {}, mayBeZero = [] }) {
  const options = { help: { type: 'boolean' }, ...others };
  for (const [name, value] of Object.entries(defaults)) options[name] = { type: 'string', default: value };
  const { values } = parseArgs({ options });
  if (values.help) {
    process.stdout.write(help);
    process.exit(0);
  }
  for (const name of Object.keys(defaults)) {
    const number = Number(values[name]);
    if (number > 0 || (number === 0 && mayBeZero.includes(name))) continue;
    process.stderr.write(`--${name} must be a number above 0; see --help\n`);
    process.exit(2);
  }
  return values;
}
