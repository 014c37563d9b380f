/** Has a spreadsheet read by a process with a bound on its memory and its time. One at a time. */
import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { type ReadFile, UnreadableFile } from './sheet.ts';
import type { SheetAnswer } from './sheet-process.ts';
import type { OldEncoding } from './text-encoding.ts';

const PROCESS = fileURLToPath(new URL('./sheet-process.js', import.meta.url));
const MEMORY_MIB = 256;
const TIME_LIMIT_MS = 20_000;
const MOST_WAITING = 8;
const TOO_MUCH = 'save only the sheet with the table, without pictures and empty rows, as .xlsx or CSV';

export class SheetReader {
  private readonly process: string;
  private readonly timeLimitMs: number;
  private last: Promise<unknown> = Promise.resolve();
  private waiting = 0;

  constructor(process = PROCESS, timeLimitMs = TIME_LIMIT_MS) {
    this.process = process;
    this.timeLimitMs = timeLimitMs;
  }

  /** Rejects with UnreadableFile. */
  async read(content: Uint8Array, otherwise: OldEncoding): Promise<ReadFile> {
    if (this.waiting >= MOST_WAITING) throw new UnreadableFile('other files are being read: try again in a minute');
    this.waiting++;
    const mine = this.last.then(() => this.readNow(content, otherwise));
    this.last = mine.catch(() => undefined);
    try {
      return await mine;
    } finally {
      this.waiting--;
    }
  }

  private readNow(content: Uint8Array, otherwise: OldEncoding): Promise<ReadFile> {
    return new Promise((resolve, reject) => {
      const child = fork(this.process, [otherwise], {
        execArgv: [`--max-old-space-size=${MEMORY_MIB}`],
        // Nothing of the desk's surroundings is needed.
        env: {},
        stdio: ['pipe', 'ignore', 'ignore', 'ipc'],
      });
      const timer = setTimeout(() => {
        child.kill('SIGKILL');
        reject(
          new UnreadableFile(`the file takes longer than ${this.timeLimitMs / 1000} seconds to read: ${TOO_MUCH}`),
        );
      }, this.timeLimitMs);
      child.once('message', (answer: SheetAnswer) => {
        if ('file' in answer) resolve(answer.file);
        else reject(new UnreadableFile(answer.problem));
      });
      child.once('error', reject);
      child.once('exit', () => {
        clearTimeout(timer);
        reject(new UnreadableFile(`the file takes more than ${MEMORY_MIB} MB of memory to read: ${TOO_MUCH}`));
      });
      // The process may have ended before all of it is written.
      child.stdin!.on('error', () => undefined);
      child.stdin!.end(content);
    });
  }
}
