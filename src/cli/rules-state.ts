/**
 * What of the rules survives a restart: a copy of the pair in use, the packet time up to which its dates have had their effect, and what was
 * confirmed. So a restart is no way around the guard: other files are tried against the pair that was in use, and a date that was held stays held.
 *
 * The copies are named by the pair's hash and written before the state that names them; each file is replaced as a whole.
 */
import { mkdirSync, readdirSync, readFileSync, renameSync, unlinkSync, writeFileSync } from 'node:fs';
import { mkdir, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as z from 'zod/mini';

const STATE_FILE = 'rules.json';
const PRIVATE_MODE = 0o600;

const schema = z.strictObject({
  version: z.literal(1),
  sha256: z.string().check(z.regex(/^[0-9a-f]{64}$/)),
  /** µs since 1970; null before the first packet. */
  passedUs: z.nullable(z.number()),
  confirmed: z.array(z.string()),
});

export type KeptRules = Omit<z.infer<typeof schema>, 'version'>;

/** The bytes of the two files. */
export interface RulesSources {
  readonly policy: Uint8Array;
  readonly registry: Uint8Array;
}

export class RulesState {
  private readonly folder: string;
  private written = '';

  constructor(folder: string) {
    this.folder = folder;
  }

  /** What was kept, or null. What is there and cannot be used is set aside, with a problem in words. */
  load(): { readonly kept: KeptRules | null; readonly problem: string } {
    const path = join(this.folder, STATE_FILE);
    let text: string;
    try {
      text = readFileSync(path, 'utf8');
    } catch (error) {
      const { code, message } = error as NodeJS.ErrnoException;
      return { kept: null, problem: code === 'ENOENT' ? '' : message };
    }
    const kept = parse(text);
    if (kept !== null) {
      this.written = text;
      return { kept, problem: '' };
    }
    renameSync(path, `${path}.broken`);
    return { kept: null, problem: `${path} could not be read and is now ${path}.broken` };
  }

  /** Where the copies of a pair are. */
  filesOf(sha256: string): { readonly policy: string; readonly registry: string } {
    return {
      policy: join(this.folder, `rules-${sha256}.policy.yaml`),
      registry: join(this.folder, `rules-${sha256}.registry.csv`),
    };
  }

  /** Copies a pair; `save` names it then. */
  async keep(sha256: string, sources: RulesSources): Promise<void> {
    const files = this.filesOf(sha256);
    await mkdir(this.folder, { recursive: true, mode: 0o700 });
    for (const kind of ['policy', 'registry'] as const) {
      await writeFile(`${files[kind]}.new`, sources[kind], { mode: PRIVATE_MODE });
      await rename(`${files[kind]}.new`, files[kind]);
    }
  }

  /** Writes the state if it has changed, and removes the copies of other pairs. */
  save(state: KeptRules): void {
    const text = JSON.stringify({ version: 1, ...state });
    if (text === this.written) return;
    mkdirSync(this.folder, { recursive: true, mode: 0o700 });
    const path = join(this.folder, STATE_FILE);
    writeFileSync(`${path}.new`, text, { mode: PRIVATE_MODE });
    renameSync(`${path}.new`, path);
    this.written = text;
    for (const name of readdirSync(this.folder)) {
      const match = /^rules-([0-9a-f]{64})\.(policy\.yaml|registry\.csv)$/.exec(name);
      if (match !== null && match[1] !== state.sha256) unlinkSync(join(this.folder, name));
    }
  }
}

function parse(text: string): KeptRules | null {
  try {
    const result = schema.safeParse(JSON.parse(text));
    if (!result.success) return null;
    const { sha256, passedUs, confirmed } = result.data;
    return { sha256, passedUs, confirmed };
  } catch {
    return null;
  }
}
