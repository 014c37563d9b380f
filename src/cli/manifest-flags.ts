/** The flags for required manifests and signatures. */
import { Option } from 'commander';
import { type ManifestNeeds, NO_NEEDS } from '../rules/manifest-check.ts';
import { KeyFileError, readPublicKeys } from '../rules/signing-key.ts';
import { CommandError, ExitCode } from '../core/exit-code.ts';
import { wholeNumber } from './whole-number.ts';

export interface ManifestFlags {
  readonly requireManifest?: boolean;
  readonly rulesKeys?: readonly string[];
  readonly requireSignatures?: number;
}

const MOST_SIGNATURES = 32;

export function requireManifestOption(): Option {
  return new Option(
    '--require-manifest',
    'refuse a policy or registry without a manifest beside it (FILE.manifest.json); one that is there ' +
      'is always checked',
  );
}

export function rulesKeysOption(): Option {
  return new Option('--rules-keys <file...>', 'public keys whose signatures of manifests count (sluice rules keygen)');
}

export function requireSignaturesOption(): Option {
  return new Option(
    '--require-signatures <n>',
    'how many of the keys must have signed each manifest (default: 1 where keys are named, else 0)',
  ).argParser(wholeNumber(0, MOST_SIGNATURES));
}

/** Throws CommandError if a key cannot be used, or there are fewer keys than required signatures. */
export function manifestNeeds(flags: ManifestFlags): ManifestNeeds {
  const files = flags.rulesKeys ?? [];
  if (files.length === 0 && flags.requireSignatures === undefined)
    return flags.requireManifest === true ? { ...NO_NEEDS, required: true } : NO_NEEDS;
  try {
    const byId = new Map(files.flatMap(readPublicKeys).map((key) => [key.id, key]));
    const signatures = flags.requireSignatures ?? 1;
    if (signatures > byId.size)
      throw new KeyFileError(`--require-signatures ${signatures} with ${byId.size} keys in --rules-keys`);
    return { required: flags.requireManifest === true || signatures > 0, keys: [...byId.values()], signatures };
  } catch (error) {
    if (error instanceof KeyFileError) throw new CommandError(error.message, ExitCode.WRONG_USAGE);
    throw error;
  }
}
