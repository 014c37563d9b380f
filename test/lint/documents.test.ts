/**
 * The documents: their language, their length, and that the files they name exist. And the language of texts that
 * eslint does not read: AssemblyScript, the deployment's files, the rules.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { problemsOfText } from './plain-english.mjs';

const ROOT = join(import.meta.dirname, '../..');
const MOST_README_LINES = 150;
const MOST_FOLDER_README_LINES = 40;

const ROOT_DOCUMENTS = ['README.md', 'CONTRIBUTING.md', 'CHANGELOG.md'];
const FOLDERS = ['src', 'test', 'bench', 'deploy', 'captures', 'rules', '.ci'];
/** Texts that people read, and those in languages that eslint does not read. */
const TEXT = /\.(md|yml|yaml|service|conf|html|svg|css)$|^\.ci\/run$|^deploy\/nats\/make-config$/;
/** Vectors quote specifications, which write octets; the lab writes its own page; the policy's hash is in all events. */
const QUOTING = ['test/wire/vectors/', 'captures/', 'test/corpus/', 'rules/policy.yaml'];

/** Names that house.md of an earlier review retired: each of them had several meanings, or none that the field knows. */
const RETIRED_NAMES = new RegExp(
  String.raw`\b(FlowFollower|Standings|ShownDecision|hearsEnd|tellsAllEnds|StreamStart|lookAhead|NameRows|FlowName|` +
    String.raw`KeptTuples|KnownFields|PlainRow|Census|ReportRing|KnownFlows|OctetText|parseShare)\b`,
);

const tree = [
  ...ROOT_DOCUMENTS,
  ...FOLDERS.flatMap((folder) =>
    readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' }).map((name) => `${folder}/${name}`),
  ),
];
const read = (name: string): string => readFileSync(join(ROOT, name), 'utf8');
const folderDocuments = tree.filter((name) => /^src\/.*README\.md$/.test(name));

describe('the language', () => {
  const texts = tree.filter((name) => TEXT.test(name) && !QUOTING.some((folder) => name.startsWith(folder)));
  const compiled = tree.filter((name) => name.startsWith('src/dataplane/assembly/') && name.endsWith('.ts'));

  it('is looked at in documents, deployment and the compiled dataplane', () => {
    expect(texts).toEqual(expect.arrayContaining(['README.md', 'deploy/RUNBOOK.md', 'rules/README.md', '.ci/run']));
    expect(compiled.length).toBeGreaterThan(80);
  });

  it('of documents and deployment is plain English', () => {
    const found = texts.flatMap((name) => problemsOfText(read(name)).map((problem) => `${name}: ${problem}`));
    expect(found).toEqual([]);
  });

  it('of comments in AssemblyScript is plain English', () => {
    const found = compiled.flatMap((name) =>
      commentsOf(read(name)).flatMap((comment) => problemsOfText(comment).map((problem) => `${name}: ${problem}`)),
    );
    expect(found).toEqual([]);
  });

  it('has none of the retired names', () => {
    const sources = tree.filter((name) => /^src\/.*\.tsx?$/.test(name));
    expect(sources.filter((name) => RETIRED_NAMES.test(read(name)))).toEqual([]);
  });
});

/** Block comments, and runs of line comments. */
function commentsOf(source: string): string[] {
  const blocks = Array.from(source.matchAll(/\/\*\*?([\s\S]*?)\*\//g), ([, text]) => text!);
  const lines = Array.from(source.matchAll(/(?:^[ \t]*\/\/ .*\n)+/gm), ([text]) => text.replaceAll(/^\s*\/\/ /gm, ''));
  return [...blocks, ...lines];
}

describe('README.md', () => {
  it(`has at most ${MOST_README_LINES} lines`, () => {
    expect(linesOf(read('README.md'))).toBeLessThanOrEqual(MOST_README_LINES);
  });

  it('shows a picture that is there', () => {
    const pictures = Array.from(read('README.md').matchAll(/!\[[^\]]+\]\(([^)]+)\)/g), ([, path]) => path!);
    expect(pictures.length).toBeGreaterThan(0);
    expect(pictures.filter((path) => !existsSync(join(ROOT, path)))).toEqual([]);
  });
});

describe('a folder of src', () => {
  it('has a README', () => {
    const folders = readdirSync(join(ROOT, 'src'));
    expect(folders.filter((folder) => !folderDocuments.includes(`src/${folder}/README.md`))).toEqual([]);
  });

  it(`has one of at most ${MOST_FOLDER_README_LINES} lines`, () => {
    expect(folderDocuments.filter((name) => linesOf(read(name)) > MOST_FOLDER_README_LINES)).toEqual([]);
  });
});

describe('a file that a document names', () => {
  it.each(['README.md', 'CONTRIBUTING.md', ...folderDocuments])('in %s exists', (document) => {
    expect(namedFiles(read(document)).filter((name) => !isThere(name, dirname(document)))).toEqual([]);
  });
});

/** Paths in code spans, and targets of links; not those of files that a sentence says to be made, or to be new. */
function namedFiles(text: string): string[] {
  const prose = text.replaceAll(/^( {4}|```)[^\n]*$/gm, '');
  const spans = Array.from(prose.matchAll(/`([\w.@-]+(?:\/[\w.@-]*)*)`(?! \(new\))/g), ([, path]) => path!);
  const links = Array.from(prose.matchAll(/\]\((?!https?:)([^)#]+)/g), ([, path]) => path!);
  return [...spans.filter((path) => isPath(path)), ...links];
}

function isPath(name: string): boolean {
  // A placeholder as in `x-command.ts`, what a build or a run makes, a package.
  if (/(^|[/-])(x|X|N|F|NAME)([./-]|$)/.test(name) || /^(dist\/|@)|\.run\.json$|^ipaddr\.js$/.test(name)) return false;
  return /\.(tsx?|m?js|md|css|yml|ya?ml|sql)$/.test(name) || /^(src|test|bench|deploy|captures|rules)\//.test(name);
}

/** By its path from the root, from the document, or by its end where it is named within its area. */
function isThere(name: string, folder: string): boolean {
  const path = name.replace(/\/$/, '');
  if (existsSync(join(ROOT, path)) || existsSync(join(ROOT, folder, path))) return true;
  return tree.some((file) => `/${file}`.endsWith(`/${path}`) || `/${withoutEnding(file)}`.endsWith(`/${path}`));
}

function withoutEnding(file: string): string {
  return join(dirname(file), basename(file).replace(/(\.(test|bench))?\.\w+$/, ''));
}

function linesOf(text: string): number {
  return text.trimEnd().split('\n').length;
}
