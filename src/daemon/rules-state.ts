/**
 * The rules state that survives a restart: a copy of the pair in use, the packet time up to which its dates have taken
 * effect, and the confirmations. So a restart does not bypass the guard: changed files are compared with the pair that
 * was in use, and a held date stays held.
 *
 * The copies are named by the pair's hash, and on disk before the state that refers to them. Each file is replaced
 * atomically.
 */
import { existsSync, mkdirSync, readdirSync, unlinkSync } from 'node:fs';
import { mkdir, open, rename } from 'node:fs/promises';
import { join } from 'node:path';
import * as z from 'zod/mini';
import { rulesOfCheckpoints } from './checkpoint/checkpoint-files.ts';
import { StateFile, type StateReading } from './state-file.ts';

const SCHEMA = 2;
const PRIVATE_MODE = 0o600;

const schema = z.object({
  sha256: z.string().check(z.regex(/^[0-9a-f]{64}$/)),
  /** µs since 1970; null before the first packet. */
  passedUs: z.nullable(z.number()),
  confirmed: z.array(z.string()),
});

export type KeptRules = z.infer<typeof schema>;

/** The bytes of the two files. */
export interface RulesSources {
  readonly policy: Uint8Array;
  readonly registry: Uint8Array;
}

export class RulesState {
  readonly file: StateFile;
  private readonly folder: string;
  private written = '';

  constructor(folder: string) {
    this.folder = folder;
    this.file = new StateFile(join(folder, 'rules.json'), 'rules', SCHEMA);
  }

  /** The saved state, or null. An unusable file is set aside, with the problem as text. */
  load(): { readonly kept: KeptRules | null; readonly problem: string } {
    let reading: StateReading;
    try {
      reading = this.file.load();
    } catch (error) {
      return { kept: null, problem: (error as Error).message };
    }
    if (reading.kind === 'state') {
      const { success, data } = schema.safeParse(reading.data);
      if (success) {
        this.written = JSON.stringify(data);
        return { kept: data, problem: '' };
      }
      reading = this.file.setAside('it names no rules');
    }
    if (reading.kind === 'none') return { kept: null, problem: '' };
    return {
      kept: null,
      problem: `${this.file.path} cannot be used, as ${reading.problem}; it is now ${reading.setAside}`,
    };
  }

  /** The paths of a pair's copies. */
  filesOf(sha256: string): { readonly policy: string; readonly registry: string } {
    return {
      policy: join(this.folder, `rules-${sha256}.policy.yaml`),
      registry: join(this.folder, `rules-${sha256}.registry.csv`),
    };
  }

  /** Copies a pair, before `save` or a checkpoint refers to it. */
  async keep(sha256: string, sources: RulesSources): Promise<void> {
    const files = this.filesOf(sha256);
    if (existsSync(files.policy) && existsSync(files.registry)) return;
    await mkdir(this.folder, { recursive: true, mode: 0o700 });
    for (const kind of ['policy', 'registry'] as const) {
      const beside = await open(`${files[kind]}.new`, 'w', PRIVATE_MODE);
      try {
        await beside.writeFile(sources[kind]);
        await beside.sync();
      } finally {
        await beside.close();
      }
      await rename(`${files[kind]}.new`, files[kind]);
    }
  }

  /** Writes the state if it has changed, and removes the copies of pairs that no checkpoint has either. */
  save(state: KeptRules): void {
    const text = JSON.stringify(state);
    if (text === this.written) return;
    mkdirSync(this.folder, { recursive: true, mode: 0o700 });
    this.file.saveNow(state);
    this.written = text;
    const needed = [state.sha256, ...rulesOfCheckpoints(this.folder)];
    for (const name of readdirSync(this.folder)) {
      const match = /^rules-([0-9a-f]{64})\.(policy\.yaml|registry\.csv)$/.exec(name);
      if (match !== null && !needed.includes(match[1]!)) unlinkSync(join(this.folder, name));
    }
  }
}
