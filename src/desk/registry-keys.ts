/**
 * The keys that sign the registry: one, or two while networks are given a new one. They are files of the state folder,
 * and the public ones lie beside them.
 */
import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { createPublicKey } from 'node:crypto';
import { join } from 'node:path';
import { syncFolder } from '../output/sync-folder.ts';
import { makeKeyFiles, readPrivateKey } from '../rules/signing-key.ts';

const CURRENT = 'registry-key.pem';
const NEXT = 'registry-key-next.pem';
const PUBLIC = '.pub';

export interface ShownKey {
  readonly id: string;
  /** The public key (PEM). */
  readonly publicKey: string;
  readonly isNext: boolean;
}

function writePublicKey(path: string): void {
  const text = createPublicKey(readFileSync(path)).export({ type: 'spki', format: 'pem' });
  writeFileSync(path + PUBLIC, text, { mode: 0o644 });
}

export class RegistryKeys {
  private readonly state: string;

  /** Makes the first key where there is none. What a kill has left half done is done. */
  constructor(state: string) {
    this.state = state;
    const [current, next] = [this.path(CURRENT), this.path(NEXT)];
    if (existsSync(next + PUBLIC) && !existsSync(next)) renameSync(next + PUBLIC, current + PUBLIC);
    for (const path of this.files) if (!existsSync(path + PUBLIC)) writePublicKey(path);
    if (!existsSync(current)) makeKeyFiles(current);
  }

  /** The private keys that sign now. */
  get files(): readonly string[] {
    return [CURRENT, NEXT].map((name) => this.path(name)).filter((path) => existsSync(path));
  }

  get shown(): readonly ShownKey[] {
    return this.files.map((path, at) => ({
      id: readPrivateKey(path).id,
      publicKey: readFileSync(path + PUBLIC, 'utf8'),
      isNext: at > 0,
    }));
  }

  /** A second key, which signs beside the first one; its id. Null where there is one already. */
  begin(): string | null {
    const next = this.path(NEXT);
    if (existsSync(next)) return null;
    const id = makeKeyFiles(next);
    syncFolder(this.state);
    return id;
  }

  /** The second key takes the place of the first one, which is removed; its id. Null where there is only one. */
  retire(): string | null {
    const [current, next] = [this.path(CURRENT), this.path(NEXT)];
    if (!existsSync(next)) return null;
    const { id } = readPrivateKey(current);
    renameSync(next, current);
    renameSync(next + PUBLIC, current + PUBLIC);
    syncFolder(this.state);
    return id;
  }

  private path(name: string): string {
    return join(this.state, name);
  }
}
