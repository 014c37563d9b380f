// Prints which tests failed, with the head of their messages, and as the last line what the test runs came to, summed over their
// reports. Fails where a test failed or was skipped, here everything can run, and where a report is missing.
import { readFileSync } from 'node:fs';

const LINES_OF_MESSAGE = 12;
const SKIPPED = new Set(['pending', 'skipped', 'todo', 'disabled']);
let passed = 0;
let failed = 0;
let skipped = 0;

for (const path of process.argv.slice(2)) {
  const report = read(path);
  if (report === null) {
    console.error(`no report of ${path}: its run ended early`);
    failed++;
    continue;
  }
  passed += report.numPassedTests;
  // A file that could not be loaded has no tests that fail.
  failed += report.success ? 0 : Math.max(1, report.numFailedTests);
  for (const file of report.testResults) {
    if (file.status === 'failed' && file.message) console.error(`failed: ${file.name}\n${head(file.message)}`);
    for (const { status, fullName, failureMessages } of file.assertionResults) {
      if (status === 'failed') console.error(`failed: ${file.name}: ${fullName}\n${head(failureMessages.join('\n'))}`);
      if (!SKIPPED.has(status)) continue;
      skipped++;
      console.error(`skipped: ${file.name}: ${fullName}`);
    }
  }
}

if (failed + skipped > 0) process.exitCode = 1;
console.log(`${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`);

function head(message) {
  return message
    .split('\n')
    .slice(0, LINES_OF_MESSAGE)
    .map((line) => `  ${line}`)
    .join('\n');
}

function read(path) {
  try {
    return JSON.parse(readFileSync(path, 'utf8'));
  } catch {
    return null;
  }
}
