/**
 * How a capture ended, as values: the one that means "to its end", and the words of a fault for outputs.
 */
import { CaptureFault } from './packet-source.ts';
import type { CaptureEnd } from './packet-source.ts';

/** The end of a capture that was read to its last octet. Also what a source answers before it has ended. */
export const NO_FAULT: CaptureEnd = { fault: CaptureFault.NONE, message: '' };

const FAULT_NAMES = new Map<number, string>(
  Object.entries(CaptureFault).map(([name, fault]) => [fault, name.toLowerCase().replaceAll('_', '-')]),
);

/** Name of a fault as outputs show it: `cut-packet`; `none` where there is none. */
export function faultName(fault: CaptureFault): string {
  return FAULT_NAMES.get(fault)!;
}
