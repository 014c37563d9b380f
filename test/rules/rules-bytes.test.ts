import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { policyBytes, registryBytes } from '../../src/rules/rules-bytes.ts';
import { temporaryFolder } from '../cli/sluice.ts';

const folder = temporaryFolder();
const at = (name: string): string => join(folder, name);

describe('the bytes of rules', () => {
  it('are those of a file, and of a pipe', async () => {
    writeFileSync(at('file'), 'name: one\n');
    expect(Buffer.from(await policyBytes(at('file'))).toString()).toBe('name: one\n');
    expect(spawnSync('mkfifo', [at('pipe')]).status).toBe(0);
    const writer = spawn('sh', ['-c', `yes row | head -c 300000 > "${at('pipe')}"`]);
    const over = once(writer, 'close');
    expect((await registryBytes(at('pipe'))).length).toBe(300_000);
    await over;
  });

  it.each(['/dev/zero', '/dev/urandom'])(
    'of %s, which never ends, are refused after as many as a policy may have',
    async (path) => {
      await expect(policyBytes(path)).rejects.toThrow('it has more than 1 MiB');
    },
  );

  it('of a registry are refused above 512 MiB', async () => {
    writeFileSync(at('large'), '');
    truncateSync(at('large'), 513 * 2 ** 20);
    await expect(registryBytes(at('large'))).rejects.toThrow('it has more than 512 MiB');
  });
});
