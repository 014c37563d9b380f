/** The built program consists of few files; files that it starts by a URL must be among them. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';

const ROOT = join(import.meta.dirname, '../..');

it('finds beside itself whatever it starts by its URL', () => {
  const sources = readdirSync(join(ROOT, 'src'), { recursive: true, encoding: 'utf8' }).filter((name) =>
    name.endsWith('.ts'),
  );
  const started = sources.flatMap((name) =>
    [...readFileSync(join(ROOT, 'src', name), 'utf8').matchAll(/new URL\('\.\/([\w-]+\.js)'/g)].map(
      (match) => match[1]!,
    ),
  );
  expect(started).toContain('registry-worker.js');
  expect(started.filter((name) => !existsSync(join(ROOT, 'dist/bin', name)))).toEqual([]);
});
