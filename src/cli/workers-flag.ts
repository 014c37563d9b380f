/** `--workers`, which `replay` and `run` share. */
import { Option } from 'commander';
import { wholeNumber } from './whole-number.ts';

const MOST_WORKERS = 64;

export function workersOption(): Option {
  return new Option(
    '--workers <n>',
    'threads: one that reads, decodes and decides, and others that follow flows, each a partition; the ' +
      'output is byte-identical (default: 1, the fastest)',
  ).argParser(wholeNumber(1, MOST_WORKERS));
}
