/** How a capture ended: the value for "to its end", and the names of faults for outputs. */
import { CaptureFault } from './packet-source.ts';
import type { CaptureEnd } from './packet-source.ts';

/** The end of a capture that was read completely. Also the `end` of a source that has not ended yet. */
export const NO_FAULT: CaptureEnd = { fault: CaptureFault.NONE, message: '' };

const FAULT_NAMES = new Map<number, string>(
  Object.entries(CaptureFault).map(([name, fault]) => [fault, name.toLowerCase().replaceAll('_', '-')]),
);

/** Name of a fault in outputs, like `cut-packet`; `none` if there is none. */
export function faultName(fault: CaptureFault): string {
  return FAULT_NAMES.get(fault)!;
}
