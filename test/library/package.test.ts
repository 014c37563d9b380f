/** The packed package in an empty project: its content, its types, the documented examples, and its command. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import ts from 'typescript';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { InstalledPackage, ROOT } from './installed-package.ts';

/** Every name that `sluice` exports. A new name is a decision: it belongs here, and in CHANGELOG.md. */
const VALUES = ['SluiceError', 'checkRules', 'openSession'];
const TYPES = [
  ...['Action', 'Decision', 'DecisionEvent', 'Evidence', 'Finding', 'FlowEvent', 'FlowFields', 'IncompleteCapture'],
  ...['Mode', 'Packet', 'PacketBatches', 'PacketOptions', 'Problem', 'ReadOptions', 'ReadSummary', 'Reading'],
  ...['Registration', 'RulesFiles', 'Session', 'SessionOptions', 'SluiceErrorCode'],
];

const CAPTURE = join(ROOT, 'captures/wireguard/two-messages.pcap');
const EXAMPLES = [...readFileSync(join(ROOT, 'deploy/reference/LIBRARY.md'), 'utf8').matchAll(/```ts\n(.*?)```/gs)].map(
  ([, code]) => code!,
);

let installed: InstalledPackage;
beforeAll(() => {
  installed = new InstalledPackage();
});
afterAll(() => {
  installed.remove();
});

describe('the tarball', () => {
  it('holds the program, rules and references, and nothing of tests, sources and captures', () => {
    const { files } = installed;
    const needed = ['dist/bin/sluice.js', 'dist/bin/library.js', 'dist/library/sluice.d.ts', 'dist/build.json'];
    const documents = ['README.md', 'LICENSE', 'CHANGELOG.md', 'CITATION.cff', 'deploy/reference/LIBRARY.md'];
    expect(files).toEqual(expect.arrayContaining([...needed, ...documents, 'rules/policy.yaml', 'rules/registry.csv']));
    const folders = new Set(files.filter((path) => path.includes('/')).map((path) => path.split('/')[0]));
    expect([...folders].sort()).toEqual(['deploy', 'dist', 'rules']);
    expect(files.filter((path) => /\.test\.|\.pcap|\.map$|[^d]\.ts$|\.png$/.test(path))).toEqual([]);
    expect(files).toContain('dist/console/index.html');
  });

  it('has less than a megabyte and a half, with the console and the desk', () => {
    expect(installed.size).toBeLessThan(1_500_000);
  });
});

describe('the exports', () => {
  it('are the listed values', () => {
    installed.write('names.js', "import * as all from 'sluice'; console.log(JSON.stringify(Object.keys(all).sort()));");
    expect(JSON.parse(installed.node('names.js').stdout)).toEqual(VALUES);
  });

  it('are the listed types', () => {
    const entry = join(installed.folder, 'node_modules/sluice/dist/library/sluice.d.ts');
    const program = ts.createProgram([entry], { module: ts.ModuleKind.NodeNext, types: [] });
    const checker = program.getTypeChecker();
    const names = checker
      .getExportsOfModule(checker.getSymbolAtLocation(program.getSourceFile(entry)!)!)
      .map(({ name }) => name);
    expect(names.sort()).toEqual([...VALUES, ...TYPES].sort());
  });

  it.each([
    'sluice/dist/bin/library.js',
    'sluice/dist/bin/engine-part.js',
    'sluice/src/library/sluice.ts',
    'sluice/package.json',
  ])('leave out %s', (path) => {
    const { stderr, status } = installed.node('--input-type=module', '-e', `import '${path}'`);
    expect(stderr).toContain('ERR_PACKAGE_PATH_NOT_EXPORTED');
    expect(status).not.toBe(0);
  });

  it('start no command when they are imported', () => {
    const { stdout, stderr, status } = installed.node('--input-type=module', '-e', "import 'sluice'");
    expect([stdout, stderr, status]).toEqual(['', '', 0]);
  });
});

describe('the types', () => {
  const NODE = 'declare const process: { readonly argv: readonly string[]; exitCode?: number };\n';

  it.each(['nodenext', 'bundler'] as const)('of the documented examples are right under %s', (moduleResolution) => {
    expect(EXAMPLES).toHaveLength(2);
    for (const [at, example] of EXAMPLES.entries()) {
      installed.write(`example-${at}.ts`, example.includes('process.') ? NODE + example : example);
      expect(installed.typeCheck(`example-${at}.ts`, moduleResolution)).toBe('');
    }
  });

  it('tell decisions from ends of flows, and refuse what is not there', () => {
    const lines = [
      "import { openSession } from 'sluice';",
      'const session = await openSession();',
      "for await (const event of session.read('a.pcap')) event.flow;",
      "for await (const event of session.read('a.pcap', { flows: 'vpn' })) event.vpn.evidence;",
      "await openSession({ mode: 'block' });",
    ];
    installed.write('wrong.ts', `${lines.join('\n')}\n`);
    const wrong = installed.typeCheck('wrong.ts', 'nodenext').match(/^wrong\.ts\(\d+/gm);
    expect(new Set(wrong)).toEqual(new Set(['wrong.ts(3', 'wrong.ts(4', 'wrong.ts(5']));
  });
});

describe('the documented examples', () => {
  const run = (at: number, ...args: string[]): { stdout: string; stderr: string; status: number | null } => {
    const options = { target: ts.ScriptTarget.ES2022, module: ts.ModuleKind.ESNext };
    installed.write(`example-${at}.js`, ts.transpile(EXAMPLES[at]!, options));
    return installed.node(`example-${at}.js`, ...args);
  };

  it('print every decision of a capture with its evidence, as the command does', () => {
    const { stdout, stderr } = run(0, CAPTURE);
    expect(stderr).toBe('');
    const command = installed.node('node_modules/.bin/sluice', 'replay', CAPTURE, '--decisions', '-');
    const events = command.stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as { src_ip: string; vpn: { evidence: { seen: string }[] } });
    expect(events.length).toBeGreaterThan(0);
    for (const { src_ip: source, vpn } of events) {
      expect(stdout).toContain(`${source} > `);
      for (const { seen } of vpn.evidence) expect(stdout).toContain(`seen ${seen}`);
    }
    expect(stdout.split('\n').filter((line) => line.includes(' > '))).toHaveLength(events.length);
  });

  it('say where a capture ends that cannot be read', () => {
    expect(run(0, '/nonexistent.pcap').stderr).toBe('/nonexistent.pcap: cannot open: no such file or directory\n');
  });

  it('find a flow in packets from elsewhere', () => {
    const { stdout, stderr } = run(1);
    expect(stderr).toBe('');
    expect(stdout).toMatch(/^wireguard suspected (allow|throttle)\n1 packet shutdown\n1 packet read\n$/);
  });
});

describe('the command', () => {
  it('finds the rules of the package, and knows the commit', () => {
    const { stdout, status } = installed.node('node_modules/.bin/sluice', 'replay', CAPTURE, '--json');
    expect(status).toBe(0);
    const { commit } = JSON.parse(readFileSync(join(ROOT, 'dist/build.json'), 'utf8')) as { commit: string };
    expect(JSON.parse(stdout)).toMatchObject({ policy: { name: 'national-baseline' }, provenance: { commit } });
  });
});
