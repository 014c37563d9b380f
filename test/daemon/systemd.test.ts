/**
 * The units of deploy/systemd under a real systemd, in a container: runs systemd-inside.mjs there. Needs root and the
 * Debian packages debootstrap and systemd-container.
 */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { boot, buildRoot, has, put, removeRoot } from './container.ts';
import { PROJECT, temporaryFolder } from '../kit/running-daemon.ts';

interface Step {
  readonly name: string;
  readonly problem: string;
  readonly detail: string;
  readonly ms: number;
}

const TOOLS = ['debootstrap', 'systemd-nspawn'];
const missing = TOOLS.filter((tool) => !has(tool));
const canRun = process.getuid?.() === 0 && missing.length === 0;
/** The titles in systemd-inside.mjs. */
const NAMES = [
  ...readFileSync(new URL('systemd-inside.mjs', import.meta.url), 'utf8').matchAll(
    /^ {2}'(.+)': (?:async )?\(\) => \{$/gm,
  ),
].map(([, name]) => name!);

const UNITS = ['sluice.service', 'sluice-capture@.service'];
const folder = temporaryFolder();
const root = join(folder.path, 'root');

function fill(): void {
  const read = (path: string): string => readFileSync(join(PROJECT, path), 'utf8');
  for (const unit of UNITS) put(root, `etc/systemd/system/${unit}`, read(`deploy/systemd/${unit}`));
  put(root, 'etc/sysusers.d/sluice.conf', read('deploy/systemd/sluice.sysusers.conf'));
  for (const name of ['policy.yaml', 'registry.csv']) put(root, `etc/sluice/${name}`, read(`rules/${name}`));
  put(root, 'etc/sluice/sluice.env', 'INTERFACE=right\n');
  // A small kernel buffer, so that a stopped capture soon loses packets.
  put(root, 'etc/sluice/capture-right.env', 'OPTIONS=--kernel-buffer 1MB --snaplen 256\n');
  put(root, 'report.jsonl', '');
}

describe.skipIf(!canRun && process.env.CI === undefined)(
  `the units under a real systemd (root, ${missing.length === 0 ? 'all tools' : `without ${missing.join(', ')}`})`,
  () => {
    let steps: Step[] = [];
    let output = '';

    beforeAll(async () => {
      buildRoot(root);
      fill();
      const command = '/usr/bin/node /opt/sluice/test/daemon/systemd-inside.mjs /report.jsonl';
      output = await boot(root, command, [`${PROJECT}:/opt/sluice`, `${process.execPath}:/usr/bin/node`], 150_000);
      const log = join(root, 'report.log');
      if (existsSync(log)) output += readFileSync(log, 'utf8');
      const lines = readFileSync(join(root, 'report.jsonl'), 'utf8').split('\n');
      steps = lines.filter((line) => line !== '').map((line) => JSON.parse(line) as Step);
    }, 900_000);

    afterAll(() => {
      removeRoot(root);
      folder.remove();
    });

    it('took its steps in their order, each of them', () => {
      expect(NAMES.length).toBeGreaterThan(0);
      expect(steps.map(({ name }) => name)).toEqual(NAMES);
    });

    it.each(NAMES)('%s', (name) => {
      const step = steps.find((one) => one.name === name);
      expect(step, `this step was not reached: ${output.slice(-3000)}`).toBeDefined();
      expect(step!.problem).toBe('');
      process.stdout.write(`${name}: ${step!.ms} ms${step!.detail === '' ? '' : `, ${step!.detail}`}\n`);
    });
  },
);
