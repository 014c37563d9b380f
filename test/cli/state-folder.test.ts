/** The default state folder, and how `sluice ctl` finds the only daemon. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { defaultStateFolder, stateFoldersWith } from '../../src/daemon/state-folder.ts';
import { temporaryFolder } from './sluice.ts';

const folder = temporaryFolder();
const own = join(folder, 'sluice');

beforeEach(() => {
  vi.spyOn(process, 'getuid').mockReturnValue(1000);
  vi.stubEnv('XDG_STATE_HOME', folder);
  vi.stubEnv('STATE_DIRECTORY', '');
});
afterEach(() => {
  vi.restoreAllMocks();
  vi.unstubAllEnvs();
});

function putSocket(path: string): string {
  mkdirSync(path, { recursive: true });
  writeFileSync(join(path, 'control.sock'), '');
  return path;
}

describe('the folder of state', () => {
  it("is the unit's, else one for each source below the user's", () => {
    expect(defaultStateFolder('interface-eth0')).toBe(join(own, 'interface-eth0'));
    expect(defaultStateFolder('interface-../x y')).toBe(join(own, 'interface-.._x_y'));
    vi.stubEnv('STATE_DIRECTORY', '/var/lib/unit:/var/lib/other');
    expect(defaultStateFolder('pipe')).toBe('/var/lib/unit');
  });

  it('is found by the socket in it, of the unit and of daemons without a flag', () => {
    const unit = join(folder, 'unit');
    expect(stateFoldersWith('control.sock', unit)).toEqual([]);
    mkdirSync(join(own, 'interface-eth0'), { recursive: true });
    const pipe = putSocket(join(own, 'pipe'));
    expect(stateFoldersWith('control.sock', unit)).toEqual([pipe]);
    putSocket(unit);
    expect(stateFoldersWith('control.sock', unit)).toEqual([unit, pipe]);
    expect(stateFoldersWith('control.sock', pipe)).toEqual([pipe]);
  });
});
