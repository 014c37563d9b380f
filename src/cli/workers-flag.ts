/** `--workers`, which `replay` and `run` share. */
import { Option } from 'commander';
import { wholeNumber } from './whole-number.ts';

const MOST_WORKERS = 64;

/** `chosen`: what is used without the flag, in words. */
export function workersOption(chosen: string): Option {
  return new Option(
    '--workers <n>',
    'threads: one that reads, decodes and decides, and others that follow flows, each a partition; the ' +
      `output is byte-identical (default: ${chosen})`,
  ).argParser(wholeNumber(1, MOST_WORKERS));
}
