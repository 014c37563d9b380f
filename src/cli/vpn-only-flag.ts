/** The flag that limits flow events to flows with a VPN finding. */
import { CommandError, ExitCode } from '../core/exit-code.ts';

export interface VpnOnlyFlag {
  readonly flows?: string;
  readonly vpnOnly?: boolean;
}

/** Throws CommandError if no flow events are written. */
export function checkVpnOnly({ flows, vpnOnly }: VpnOnlyFlag): void {
  if (vpnOnly === true && flows === undefined)
    throw new CommandError('--vpn-only says which flows --flows writes, and there is no --flows', ExitCode.WRONG_USAGE);
}
