// Makes the README's accuracy table anew: `npm run accuracy`. With --check it only says whether the table is current.
// The part about the public captures is made where ../shared/corpus is present and kept as it is elsewhere.
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const readme = `${root}/README.md`;
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

/** Text with what stands between a part's two marks replaced. */
const replacePart = (text, name, part) => {
  const marks = new RegExp(`(<!-- ${name} -->\n)[^]*?(\n<!-- end of ${name} -->)`);
  return text.replace(marks, (_, begin, end) => `${begin}${part}${end}`);
};

const before = readFileSync(readme, 'utf8');
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
  writeFileSync(readme, after);
} else if (after !== before) {
  console.error("the README's accuracy table is not current: run npm run accuracy");
  process.exitCode = 1;
}
