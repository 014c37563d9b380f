/** `replay --annotate`: the flag, checked before anything is read. */
import { extname } from 'node:path';
import { CommandError, ExitCode } from '../core/exit-code.ts';
import type { LinkIdentity } from '../dataplane/host/link-identity.ts';
import type { AddressFlags } from './address-flags.ts';
import { STANDARD_OUTPUT } from './output-paths.ts';

export interface AnnotateFlags extends AddressFlags {
  readonly annotate?: string;
  readonly maxFlows: number;
  readonly linkIdentity: LinkIdentity;
}

/** Throws CommandError if the flag does not fit the others. */
export function checkAnnotate({ annotate, addresses }: AnnotateFlags): void {
  if (annotate === undefined) return;
  if (addresses !== 'plain')
    refuse(`--addresses ${addresses} with --annotate: captures of packets hold addresses as they are`);
  if (annotate !== STANDARD_OUTPUT && extname(annotate).toLowerCase() !== '.pcapng')
    refuse(`--annotate ${annotate}: only pcapng has comments on packets: give a name that ends in .pcapng`);
}

function refuse(message: string): never {
  throw new CommandError(message, ExitCode.WRONG_USAGE);
}
