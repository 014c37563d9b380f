/**
 * The bytes of a decision from captures that are kept, read by a process of its own, one at a time and within bounds.
 */
import { fork } from 'node:child_process';
import { stat } from 'node:fs/promises';
import { constants, setPriority } from 'node:os';
import { fileURLToPath } from 'node:url';
import type { DecisionRefusal } from '../../web/api/decision-routes.ts';
import { reasonOf, reasonWith } from '../../web/api/refusals.ts';
import type { BytesAnswer, BytesQuestion } from './bytes-process.ts';

const PROCESS = fileURLToPath(new URL('./bytes-process.js', import.meta.url));
const LARGEST_BYTES = 1e9;
const LONGEST_MS = 20_000;

export class PacketBytes {
  private isReading = false;

  async read(question: BytesQuestion): Promise<Extract<BytesAnswer, { readonly bytes: unknown }> | DecisionRefusal> {
    if (this.isReading) return { status: 503, ...reasonOf('bytes-busy') };
    this.isReading = true;
    try {
      const refused = await sizeRefusal(question.captures);
      if (refused !== null) return refused;
      const answer = await ask(question);
      return 'bytes' in answer ? answer : { status: 503, ...answer.reason };
    } finally {
      this.isReading = false;
    }
  }
}

async function sizeRefusal(captures: readonly string[]): Promise<DecisionRefusal | null> {
  let bytes = 0;
  for (const path of captures) {
    try {
      bytes += (await stat(path)).size;
    } catch {
      return { status: 404, ...reasonWith('capture-gone', path) };
    }
  }
  if (bytes <= LARGEST_BYTES) return null;
  return { status: 409, ...reasonWith('captures-too-large', (bytes / 1e9).toFixed(1)) };
}

function ask(question: BytesQuestion): Promise<BytesAnswer> {
  const child = fork(PROCESS, {
    serialization: 'advanced',
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    execArgv: [],
  });
  return new Promise<BytesAnswer>((resolve) => {
    const end = (answer: BytesAnswer): void => {
      clearTimeout(timer);
      resolve(answer);
      child.kill('SIGKILL');
    };
    const timer = setTimeout(() => {
      end({ reason: reasonWith('captures-slow', String(LONGEST_MS / 1000)) });
    }, LONGEST_MS);
    child.once('message', (answer) => {
      end(answer as BytesAnswer);
    });
    child.once('error', ({ message }) => {
      end({ reason: reasonWith('capture-reader-not-started', message) });
    });
    child.once('exit', () => {
      end({ reason: reasonOf('capture-reader-ended') });
    });
    child.once('spawn', () => {
      if (child.pid !== undefined) beNice(child.pid);
    });
    child.send(question, () => undefined);
  });
}

/** Packets come first where processors are few. */
function beNice(pid: number): void {
  try {
    setPriority(pid, constants.priority.PRIORITY_LOW);
  } catch {
    // It has ended already.
  }
}
