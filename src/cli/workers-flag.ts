/** `--workers`, which `replay` and `run` share. */
import { Option } from 'commander';
import { wholeNumber } from './whole-number.ts';

const MOST_WORKERS = 64;

export function workersOption(): Option {
  return new Option(
    '--workers <n>',
    'threads: with 2, one reads and decides and one follows flows; with 3, one decodes; more are not used. ' +
      'The output is byte-identical (default: 1)',
  ).argParser(wholeNumber(1, MOST_WORKERS));
}
