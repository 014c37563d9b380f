/**
 * Puts the program into few files, after the compiler has made its modules: Node takes as long to find and load two hundred
 * modules as Sluice takes for a million packets.
 */
import { execFileSync } from 'node:child_process';
import { copyFileSync, readFileSync, realpathSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';

// Whatever is started by its URL, and not by an import, is an entry of its own.
const input = {
  sluice: 'dist/cli/start.js',
  'prepare-replay': 'dist/cli/prepare-replay.js',
  library: 'dist/library/sluice.js',
  'tracking-thread': 'dist/pipeline/workers/tracking-thread.js',
  'decoding-thread': 'dist/pipeline/workers/decoding-thread.js',
  'hash-worker': 'dist/output/provenance/hash-worker.js',
  'checkpoint-worker': 'dist/daemon/checkpoint/checkpoint-worker.js',
  'registry-worker': 'dist/daemon/registry-worker.js',
  'bytes-process': 'dist/daemon/console/bytes-process.js',
  'history-process': 'dist/history/process/history-process.js',
  'export-process': 'dist/desk/export/export-process.js',
  'confirm-process': 'dist/desk/confirm/confirm-process.js',
  'sheet-process': 'dist/desk/import/sheet-process.js',
  'live-cap-process': 'dist/capture/live/live-cap-process.js',
};

/**
 * What is used together lies in one file, each with all that it imports and that is in none before it. Left alone, every set of
 * modules that the same commands share would be a file, and each file costs half a millisecond. A thread that works on packets
 * needs neither the command line nor the readers of rules, so these are apart.
 */
const parts = [
  // A thread that hashes files needs nothing else.
  { name: 'file-hash', test: /\/dist\/output\/provenance\/file-hash\.js$/ },
  {
    name: 'codes',
    test: /\/dist\/(core\/|dataplane\/fingerprint\/finding\.js|policy\/(action|client-groups|limits|policy)\.js)/,
  },
  // With the flags of `replay`, which other commands have too.
  {
    name: 'command-line',
    test: /\/(commander\/.+|dist\/(cli\/(main|replay-command)|output\/(build-info|log\/output-error))\.js)$/,
  },
  {
    name: 'decide',
    test: /\/dist\/(decision\/breaker\/|policy\/(client-[a-z]+|decide|rollout|schedule)\.js$)/,
  },
  { name: 'registry', test: /\/dist\/registry\// },
  { name: 'rules', test: /\/dist\/(policy\/policy-file|rules\/load-rules)\.js$/ },
  {
    name: 'linear',
    test: /\/dist\/(dataplane\/host\/(flow-event|linear-dataplane)|dataplane\/detection|pipeline\/workers\/shared-work)\.js$/,
  },
  {
    name: 'engine',
    test: /\/dist\/(capture\/(?!live\/|spool\/|input\/(gzip|zstd))|dataplane|decision|pipeline\/[a-z-]+\.js)/,
  },
  { name: 'replay', test: /\/dist\/cli\/replay\.js$/ },
];

const isEntry = (id) => Object.values(input).some((path) => id.endsWith(path));

/** What the program is built from. */
const BUILT_FROM = [
  'src',
  'rules',
  'package.json',
  'package-lock.json',
  'rolldown.config.js',
  'vite.config.js',
  'tsconfig*.json',
];

/**
 * The commit, with `-dirty` if files that are built differ from it. SLUICE_COMMIT names it where there is no repository, as in a
 * container. A repository that merely contains this folder, like that of a project with Sluice in its node_modules, does not count.
 */
function commit() {
  if (process.env.SLUICE_COMMIT) return process.env.SLUICE_COMMIT;
  const root = fileURLToPath(new URL('.', import.meta.url));
  const git = (...args) =>
    execFileSync('git', args, { cwd: root, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim();
  try {
    if (realpathSync(git('rev-parse', '--show-toplevel')) !== realpathSync(root)) return 'unknown';
    return git('rev-parse', 'HEAD') + (git('status', '--porcelain', '--', ...BUILT_FROM) === '' ? '' : '-dirty');
  } catch {
    return 'unknown';
  }
}

/** A packed or installed program has no history, so the commit is written beside it. */
const writeCommit = {
  name: 'write-commit',
  writeBundle: () => writeFileSync('dist/build.json', `${JSON.stringify({ commit: commit() })}\n`),
};

/** The desk's pages have the console's style, and a little of their own. They are served by the desk itself. */
const DESK_STYLE = ['tokens', 'base', 'form', 'frame', 'panel', 'table', 'fonts'];
const writeDeskFiles = {
  name: 'write-desk-files',
  writeBundle: () => {
    const console = 'src/web/console';
    const paths = [...DESK_STYLE.map((name) => `${console}/style/${name}.css`), 'src/desk/pages/desk.css'];
    const style = paths.map((path) => readFileSync(path, 'utf8')).join('\n');
    writeFileSync('dist/bin/desk.css', style.replaceAll('./fonts/', '/'));
    copyFileSync('src/desk/pages/desk.js', 'dist/bin/desk-page.js');
    copyFileSync(`${console}/icon.svg`, 'dist/bin/icon.svg');
    copyFileSync(`${console}/style/fonts/inter-latin.woff2`, 'dist/bin/inter-latin.woff2');
  },
};

/** The files of the library whose declarations name each other and no other file. */
const DECLARED = ['sluice', 'open-session', 'session', 'events', 'sluice-error'];

/** The library's types, with their comments. The compiler has checked the files already. */
const writeDeclarations = {
  name: 'write-declarations',
  writeBundle: () => {
    for (const name of DECLARED) {
      const fileName = `src/library/${name}.ts`;
      const { outputText, diagnostics } = ts.transpileDeclaration(readFileSync(fileName, 'utf8'), {
        fileName,
        reportDiagnostics: true,
        compilerOptions: { target: ts.ScriptTarget.ES2023, module: ts.ModuleKind.NodeNext, isolatedDeclarations: true },
      });
      if (diagnostics.length > 0) throw new Error(ts.formatDiagnostics(diagnostics, diagnosticsHost));
      writeFileSync(`dist/library/${name}.d.ts`, outputText.replaceAll(/(from '\.\/[\w-]+)\.ts'/g, "$1.js'"));
    }
  },
};
const diagnosticsHost = {
  getCurrentDirectory: () => '.',
  getCanonicalFileName: (name) => name,
  getNewLine: () => '\n',
};

const shared = {
  platform: 'node',
  // Its files for browsers are modules, of which only what is used is put in; those for Node are not.
  resolve: { alias: { yaml: fileURLToPath(new URL('node_modules/yaml/browser/index.js', import.meta.url)) } },
};

const program = {
  ...shared,
  input,
  plugins: [writeCommit, writeDeclarations, writeDeskFiles],
  // Only the daemon needs these, and they find files of their own by their place.
  external: [
    'pino',
    'pino-pretty',
    'prom-client',
    'fastify',
    /^@fastify\//,
    'libsql',
    '@node-rs/argon2',
    'openid-client',
    'nodemailer',
  ],
  // As deep as the modules are, for what is found from there: the rules and package.json.
  output: {
    dir: 'dist/bin',
    format: 'esm',
    cleanDir: true,
    entryFileNames: '[name].js',
    chunkFileNames: '[name]-part.js',
    codeSplitting: {
      groups: parts.map(({ name, test }, place) => ({
        name,
        test: (id) => test.test(id) && !isEntry(id),
        priority: parts.length - place,
      })),
    },
  },
};

/** What a plain replay needs none of; loading them takes a twentieth of its start. */
const LATE = /(?:let|const) (\w+) = require\("(node:(?:child_process|net|os|stream\/promises|worker_threads))"\);/g;

/**
 * The script of `sluice replay`. Hints at other commands find these among the modules; V8 11 forgets, with kept code, how
 * a script imports modules, so the script is given a function for it. Text of ASCII alone is read fastest.
 */
const asScript = {
  name: 'as-script',
  resolveId: (id, importer) => {
    const name = /^\.\/([\w-]+-command)\.js$/.exec(id)?.[1];
    if (name === undefined || name === 'replay-command' || !importer.endsWith('/dist/cli/commands.js')) return null;
    return { id: `./${name}-part.js`, external: true };
  },
  renderChunk: (code) => {
    const late = [...code.matchAll(LATE)];
    let script = code.replaceAll('await import("./', 'await importModule("./');
    for (const [statement, name, module] of late) {
      script = script.replaceAll(new RegExp(`\\b${name}\\.`, 'g'), `onUse.${name}.`);
      script = script.replace(
        statement,
        `Object.defineProperty(onUse, "${name}", { get: () => require("${module}") });`,
      );
    }
    return script;
  },
  writeBundle: ({ dir }, files) => {
    for (const [name, { code }] of Object.entries(files)) writeFileSync(`${dir}/${name}`, inAscii(code));
  },
};

function inAscii(code) {
  return code.replaceAll(/[^\0-\x7f]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

/** What makes the tables of a summary. */
const SUMMARY =
  /\/node_modules\/(cli-table3|@colors|string-width|strip-ansi|ansi-regex|emoji-regex|is-fullwidth-code-point)\//;

/**
 * `sluice replay` as one script, whose compiled code can be kept: that of modules cannot (src/cli/prepared-replay.ts). What
 * only some replays need is apart, as in the program. In one file with it, V8 would have to take constants for variables.
 */
const replayScript = {
  ...shared,
  input: { 'replay-start': 'dist/cli/main.js' },
  plugins: [asScript],
  output: {
    dir: 'dist/bin',
    format: 'cjs',
    entryFileNames: '[name].cjs',
    chunkFileNames: '[name].cjs',
    banner: '"use strict"; const onUse = {};',
    codeSplitting: {
      groups: [{ name: 'replay-program', test: (id) => SUMMARY.test(id) || parts.some(({ test }) => test.test(id)) }],
    },
  },
};

export default [program, replayScript];
