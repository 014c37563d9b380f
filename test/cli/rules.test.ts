/** check, and invalid rules in every command that reads them. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { sluice, temporaryFolder } from './sluice.ts';

const folder = temporaryFolder();

function file(name: string, text: string): string {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
}

const THREE_MISTAKES = file(
  'three.yaml',
  [
    'name: three',
    'rules:',
    '  - name: slow',
    '    when: { protocl: openvpn }',
    '    action: throttle',
    '    rate: 256kbps',
    '  - name: late',
    '    action: block',
    '    rollout: 110%',
    '',
  ].join('\n'),
);
const BAD_ROWS = file(
  'bad.csv',
  [
    'prefix,holder,sector,protocols,valid_from,valid_until,reference',
    // In a documentation range: a warning.
    '198.51.100.0/24,Good,it,,,,r',
    '198.51.100.7/24,Bad,bnk,wireguard;tor,2024-13-01,,r',
    '::1/129,Bad,it,,,,r',
    '',
  ].join('\n'),
);

/** Position, severity and first words of each problem in a file, from lines that an editor can jump to. */
function problems(text: string, path: string): string[] {
  const lines = text.split('\n').filter((line) => line.startsWith(`${path}:`));
  const found = lines.map((line) => /^:(\d+:\d+): (error|warning): (\S+ \S+)/.exec(line.slice(path.length)));
  return found.filter((match) => match !== null).map(([, place, severity, words]) => `${place} ${severity} ${words}`);
}

const POLICY_PROBLEMS = ['4:13 error unknown key', '6:11 error rate: must', '9:14 error rollout: must'];

describe('check', () => {
  it('finds the rules that come with it valid, without a doubt about the policy', async () => {
    const { code, stdout, stderr } = await sluice(['check']);
    expect([code, stderr]).toEqual([0, '']);
    expect(stdout).toMatch(
      /^rules\/policy\.yaml: valid: policy national-baseline, 4 rules, sha256 [0-9a-f]{64}; 0 errors, 0 warnings$/m,
    );
    expect(stdout).toMatch(
      /^rules\/registry\.csv: valid: 41 registrations, sha256 [0-9a-f]{64}; 0 errors, \d+ warnings?$/m,
    );
  });

  it('shows three mistakes in a policy at their three places, and names the keys that are known', async () => {
    const { code, stdout } = await sluice(['check', '--policy', THREE_MISTAKES]);
    expect(code).toBe(3);
    expect(problems(stdout, THREE_MISTAKES)).toEqual(POLICY_PROBLEMS);
    expect(stdout).toMatch(/unknown key "protocl"; valid keys here: protocol, stage, /);
    expect(stdout).toContain(`${THREE_MISTAKES}: not valid: 3 errors, 0 warnings`);
  });

  it('shows every problem of every row of a registry', async () => {
    const { code, stdout } = await sluice(['check', '--registry', BAD_ROWS]);
    expect(code).toBe(3);
    expect(problems(stdout, BAD_ROWS).map((problem) => problem.split(' ', 2).join(' '))).toEqual([
      '2:1 warning',
      '3:1 error',
      // Two holders have the same reference.
      '3:1 warning',
      '3:21 error',
      '3:35 error',
      '3:39 error',
      '4:5 error',
    ]);
  });

  it('looks at both files also where the first is not valid', async () => {
    const { code, stdout } = await sluice(['check', '--policy', THREE_MISTAKES, '--registry', BAD_ROWS]);
    expect(code).toBe(3);
    expect(problems(stdout, THREE_MISTAKES)).toHaveLength(3);
    expect(problems(stdout, BAD_ROWS)).toHaveLength(7);
  });

  it('of a policy that only raises doubts ends with 0', async () => {
    const doubtful = file('doubtful.yaml', 'name: x\nrules:\n  - { name: all, action: block }\n');
    const { code, stdout } = await sluice(['check', '--policy', doubtful]);
    expect(code).toBe(0);
    expect(stdout).toMatch(/doubtful\.yaml:3:26: warning: rule all can block registered users/);
  });
});

describe('rules that are not valid stop the other commands with 3, before they write anything', () => {
  const capture = 'captures/wireguard/rekey.pcap';
  it.each<[string[], string, string[]]>([
    [['replay', capture, '--policy', THREE_MISTAKES], THREE_MISTAKES, POLICY_PROBLEMS],
    [['explain', capture, '--flow', '0123456789abcdef', '--policy', THREE_MISTAKES], THREE_MISTAKES, POLICY_PROBLEMS],
    [['lookup', '198.51.100.1', '--registry', BAD_ROWS], BAD_ROWS, []],
    [['replay', capture, '--registry', BAD_ROWS], BAD_ROWS, []],
  ])('%j', async (args, path, expected) => {
    const { code, stdout, stderr } = await sluice(args);
    expect([code, stdout]).toEqual([3, '']);
    expect(problems(stderr, path)).toHaveLength(path === BAD_ROWS ? 5 : 3);
    if (expected.length > 0) expect(problems(stderr, path)).toEqual(expected);
    expect(stderr).toMatch(/is not valid: \d errors$/m);
  });
});
