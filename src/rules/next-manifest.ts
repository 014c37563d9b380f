/** The manifest that follows another one: its version only rises. */
import { CommandError, ExitCode } from '../core/exit-code.ts';
import { type Manifest, type ManifestPart, RULES_FILE_KINDS } from './manifest.ts';
import type { SeenFile } from './manifest-check.ts';

/** The existing manifest if it describes these files, else a new one. */
export function nextManifest(
  seen: readonly SeenFile[],
  before: Manifest | null,
  version: number | undefined,
): Manifest & { readonly signatures: { key: string; signature: string }[] } {
  const parts: { policy?: ManifestPart; registry?: ManifestPart } = {};
  for (const { kind, rows, bytes, sha256 } of seen)
    parts[kind] = rows === null ? { bytes, sha256 } : { rows, bytes, sha256 };
  const isSame = (kind: 'policy' | 'registry'): boolean => before?.[kind]?.sha256 === parts[kind]?.sha256;
  if (before !== null && RULES_FILE_KINDS.every(isSame) && (version === undefined || version === before.version))
    return { ...before, signatures: [...before.signatures] };
  if (version !== undefined && before !== null && version <= before.version)
    throw new CommandError(
      `--manifest-version ${version}: the manifest that is there has ${before.version}, and versions only rise`,
      ExitCode.WRONG_USAGE,
    );
  return {
    manifest: 1,
    version: version ?? (before === null ? 1 : before.version + 1),
    created: `${new Date().toISOString().slice(0, 19)}Z`,
    ...parts,
    signatures: [],
  };
}
