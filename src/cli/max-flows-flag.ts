/** The flag for the capacity of the flow table. */
import { Option } from 'commander';
import { DEFAULT_FLOW_CAPACITY } from '../dataplane/host/flow-capacity.ts';
import { wholeNumber } from './whole-number.ts';

const LARGEST_CAPACITY = 10_000_000;

export function maxFlowsOption(): Option {
  return new Option('--max-flows <n>', 'flows followed at a time; those idle longest give way')
    .argParser(wholeNumber(1, LARGEST_CAPACITY))
    .default(DEFAULT_FLOW_CAPACITY);
}
