/** The flag that limits lines of flows to those in which a VPN was found. */
import { CommandError, ExitCode } from '../core/exit-code.ts';

export interface VpnOnlyFlag {
  readonly flows?: string;
  readonly vpnOnly?: boolean;
}

/** Throws CommandError where there are no lines that the flag could limit. */
export function checkVpnOnly({ flows, vpnOnly }: VpnOnlyFlag): void {
  if (vpnOnly === true && flows === undefined)
    throw new CommandError('--vpn-only says which flows --flows writes, and there is no --flows', ExitCode.WRONG_USAGE);
}
