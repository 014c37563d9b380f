/**
 * Rejects a repeated flag that takes one value. The parser would silently keep only the last value, and the user could
 * not see which policy, interface or output was used.
 */
import type { Command, Option } from 'commander';

/** Advice, by command and flag, for users with a reason to repeat the flag. */
const ADVICE: Readonly<Record<string, string>> = {
  'run --interface':
    'one daemon captures on one interface: use --interface any, which is every interface (Linux, with ' +
    'tcpdump), or one daemon for each',
};

/**
 * Checks the flags of a command and its subcommands. A flag without a value may be repeated, because that changes
 * nothing.
 */
export function refuseRepeatedFlags(command: Command): void {
  for (const option of command.options)
    if (takesOneValue(option) && !REPEATED.includes(`${command.name()} ${option.long}`)) watch(command, option);
  for (const inner of command.commands) refuseRepeatedFlags(inner);
}

/** Flags that are given once for each of several things. */
const REPEATED = ['compare --policy', 'compare --registry'];

function takesOneValue(option: Option): boolean {
  return (option.required || option.optional) && !option.variadic;
}

function watch(command: Command, option: Option): void {
  let first: string | undefined;
  command.on(`option:${option.name()}`, (value: string) => {
    if (first === undefined) {
      first = value;
      return;
    }
    const flag = option.long ?? option.flags;
    const advice = ADVICE[`${command.name()} ${flag}`] ?? 'it takes one value';
    command.error(`error: ${flag} is given twice, with ${first} and with ${value}; ${advice}`);
  });
}
