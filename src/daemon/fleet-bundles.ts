/**
 * The bundles of the fleet that a sensor keeps: the one in use, and the one to which its ring may return. Each has a
 * folder of its own, on the disk before the state refers to it, so a kill leaves the rules before or after.
 */
import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { mkdir, open, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as z from 'zod/mini';
import { type Bundle, bundleId, bundleText, parseBundle } from '../fleet/rules/bundle.ts';
import { syncFolder } from '../output/sync-folder.ts';
import type { RulesSources } from './rules-state.ts';
import { StateFile } from './state-file.ts';

const SCHEMA = 1;
const OWNER_ONLY = 0o600;
const OWNER_FOLDER = 0o700;

const schema = z.object({
  /** Versions of the bundle in use and of the one before; null for the sensor's own files. */
  current: z.nullable(z.int()),
  previous: z.nullable(z.int()),
  /** The last serial of each ring that was followed. */
  serials: z.record(z.string(), z.int()),
});
type Kept = z.infer<typeof schema>;

export interface BundlePaths {
  readonly policy: string;
  readonly registry: string;
}

export class FleetBundles {
  /** The bundle in use; null for the sensor's own files. */
  current: Bundle | null = null;
  previous: Bundle | null = null;
  /** Why what was kept cannot be used; empty if it can. */
  readonly problem: string = '';
  private readonly folder: string;
  readonly file: StateFile;
  private serials: Record<string, number> = {};

  /** Reads what is kept below a folder of state. A bundle that is not whole is not used. */
  constructor(stateFolder: string) {
    this.folder = join(stateFolder, 'fleet-rules');
    mkdirSync(this.folder, { recursive: true, mode: OWNER_FOLDER });
    this.file = new StateFile(join(this.folder, 'state.json'), 'fleet-rules', SCHEMA);
    const reading = this.file.load();
    if (reading.kind === 'none') return;
    const kept = reading.kind === 'state' ? schema.safeParse(reading.data) : null;
    if (kept?.success !== true) {
      this.problem = `${this.file.path} cannot be used: the sensor's own files are, until the fleet is reached`;
      return;
    }
    this.serials = kept.data.serials;
    this.current = this.whole(kept.data.current);
    this.previous = this.whole(kept.data.previous);
    if (this.current === null && kept.data.current !== null)
      this.problem = `bundle ${kept.data.current} is not whole in ${this.folder}: it is fetched again`;
  }

  /** Paths of the files of a bundle. */
  pathsOf(version: number): BundlePaths {
    const folder = join(this.folder, `${version}`);
    return { policy: join(folder, 'policy.yaml'), registry: join(folder, 'registry.csv') };
  }

  serialOf(ring: string): number {
    return this.serials[ring] ?? 0;
  }

  /** The bytes of a bundle that is kept. */
  async sourcesOf(version: number): Promise<RulesSources> {
    const { policy, registry } = this.pathsOf(version);
    return { policy: await readFile(policy), registry: await readFile(registry) };
  }

  /** Writes a bundle, and returns when it is on the disk. */
  async keep(bundle: Bundle, sources: RulesSources): Promise<void> {
    const { policy, registry } = this.pathsOf(bundle.version);
    const folder = join(this.folder, `${bundle.version}`);
    await mkdir(folder, { recursive: true, mode: OWNER_FOLDER });
    const files: [string, Uint8Array | string][] = [
      [policy, sources.policy],
      [registry, sources.registry],
      [join(folder, 'bundle.json'), bundleText(bundle)],
    ];
    for (const [path, content] of files) {
      const file = await open(path, 'w', OWNER_ONLY);
      try {
        await file.writeFile(content);
        await file.sync();
      } finally {
        await file.close();
      }
    }
    syncFolder(folder);
  }

  /** A bundle came into use. Bundles that are neither in use nor the one before are removed. */
  use(bundle: Bundle, ring: string, serial: number): void {
    if (bundle.version !== this.current?.version) this.previous = this.current;
    this.current = bundle;
    this.note(ring, serial);
    const kept = [this.current.version, this.previous?.version].map(String);
    for (const name of readdirSync(this.folder))
      if (/^\d+$/.test(name) && !kept.includes(name)) rmSync(join(this.folder, name), { recursive: true, force: true });
  }

  /** A pointer was followed. */
  note(ring: string, serial: number): void {
    this.serials = { ...this.serials, [ring]: serial };
    const state: Kept = {
      current: this.current?.version ?? null,
      previous: this.previous?.version ?? null,
      serials: this.serials,
    };
    this.file.saveNow(state);
  }

  private whole(version: number | null): Bundle | null {
    if (version === null) return null;
    try {
      const { bundle } = parseBundle(readFileSync(join(this.folder, `${version}`, 'bundle.json')));
      if (bundle?.version !== version) return null;
      const paths = this.pathsOf(version);
      const isWhole = (['policy', 'registry'] as const).every(
        (kind) => createHash('sha256').update(readFileSync(paths[kind])).digest('hex') === bundle[kind].sha256,
      );
      return isWhole ? bundle : null;
    } catch {
      return null;
    }
  }
}

/** Whether two bundles are the same; null is none. */
export function isSameBundle(one: Bundle | null, id: string): boolean {
  return one !== null && bundleId(one) === id;
}
