/** `--no-hash`: inputs and outputs are not hashed. */
import { Option } from 'commander';

export interface HashFlag {
  /** False after `--no-hash`. */
  readonly hash?: boolean;
}

export function noHashOption(): Option {
  return new Option('--no-hash', 'no SHA-256 of inputs and outputs in --json and in the records beside outputs');
}
