/** Preloaded into the program under attack (node --import): leaves its peak memory and processor time in USAGE_FILE. */
import { writeFileSync } from 'node:fs';

process.on('exit', () => {
  writeFileSync(process.env.USAGE_FILE, JSON.stringify(process.resourceUsage()));
});
