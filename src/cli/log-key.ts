/** `--log-key`: the key that signs the chain of the log of decisions. */
import { KeyFileError, type PublicKey, readPrivateKey } from '../rules/signing-key.ts';
import { CommandError, ExitCode } from '../core/exit-code.ts';

export interface LogKeyFlags {
  readonly logKey?: string;
  readonly decisions?: string;
  readonly rotateSize: number;
  readonly rotateEvery: number;
}

/** The key; null without the flag. Throws CommandError where it cannot be used, or nothing would be signed. */
export function chainKeyOf({ logKey, decisions, rotateSize, rotateEvery }: LogKeyFlags): PublicKey | null {
  if (logKey === undefined) return null;
  if (decisions === undefined || decisions === '-')
    throw new CommandError('--log-key needs --decisions FILE, whose chain it signs', ExitCode.WRONG_USAGE);
  if (rotateSize === Infinity && rotateEvery === Infinity)
    throw new CommandError(
      '--log-key needs --rotate-every or --rotate-size: the part of a log that is moved aside is signed',
      ExitCode.WRONG_USAGE,
    );
  try {
    return readPrivateKey(logKey);
  } catch (error) {
    if (error instanceof KeyFileError) throw new CommandError(error.message, ExitCode.WRONG_USAGE);
    throw error;
  }
}
