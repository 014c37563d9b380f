/** Asks for a password on the terminal, without showing it. */
import { CommandError, ExitCode } from '../core/exit-code.ts';

const BACKSPACES = ['\u007f', '\b'];
const ENDS = ['\r', '\n', '\u0004'];
const INTERRUPT = '\u0003';
const DELETE_LINE = '\u0015';

/** The password, which was typed twice. Throws CommandError without a terminal, and where the two differ. */
export async function promptPassword(name: string, shortest: number): Promise<string> {
  if (!process.stdin.isTTY)
    throw new CommandError(
      'there is no terminal to ask for a password: --password-file FILE has it, or --generate makes one',
      ExitCode.WRONG_USAGE,
    );
  const password = await typed(`Password for ${name} (at least ${shortest} characters): `);
  if ((await typed('The same again: ')) === password) return password;
  throw new CommandError('the two passwords differ; nothing was changed', ExitCode.WRONG_USAGE);
}

function typed(question: string): Promise<string> {
  const { stdin, stderr } = process;
  // Keys that are typed as soon as the question is there must not be shown either.
  stdin.setRawMode(true).setEncoding('utf8').resume();
  stderr.write(question);
  return new Promise((resolve, reject) => {
    let text = '';
    const end = (): void => {
      stdin.off('data', take).pause().setRawMode(false);
      stderr.write('\n');
    };
    const take = (keys: string): void => {
      for (const key of keys) {
        if (key === INTERRUPT) {
          end();
          reject(new CommandError('interrupted; nothing was changed', ExitCode.INTERRUPTED));
          return;
        }
        if (ENDS.includes(key)) {
          end();
          resolve(text);
          return;
        }
        if (key === DELETE_LINE) text = '';
        else if (BACKSPACES.includes(key)) text = Array.from(text).slice(0, -1).join('');
        else text += key;
      }
    };
    stdin.on('data', take);
  });
}
