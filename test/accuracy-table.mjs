// Writes the tables of test/corpus/ACCURACY.md: `npm run accuracy`. With --check it only compares, and ends with 1 where they differ.
// The table of the public captures is written where ../shared/corpus is present, and stays as it is elsewhere.
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const page = `${root}/test/corpus/ACCURACY.md`;
const corpus = `${root}/../shared/corpus`;

const evaluate = (...words) => {
  const options = { cwd: root, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] };
  try {
    return execFileSync('node', ['dist/bin/sluice.js', 'evaluate', ...words, '--markdown'], options).trim();
  } catch (error) {
    // Exit 4: some captures end too early, on purpose; what was readable is counted.
    if (error.status === 4) return error.stdout.trim();
    throw error;
  }
};

/** Replaces the text between the two marks of a part. */
const replacePart = (text, name, part) => {
  const marks = new RegExp(`(<!-- ${name} -->\n)[^]*?(\n<!-- end of ${name} -->)`);
  return text.replace(marks, (_, begin, end) => `${begin}${part}${end}`);
};

const before = readFileSync(page, 'utf8');
let after = replacePart(before, 'committed captures', evaluate('captures', '--labels', 'captures/labels.json'));
if (existsSync(corpus)) {
  const captures = `${corpus}/captures`;
  after = replacePart(
    after,
    'public captures',
    evaluate(captures, '--labels', `${corpus}/labels.json`, '--root', captures),
  );
}

if (!process.argv.includes('--check')) {
  writeFileSync(page, after);
} else if (after !== before) {
  console.error('the tables of test/corpus/ACCURACY.md are not current: run npm run accuracy');
  process.exitCode = 1;
}
