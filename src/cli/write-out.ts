/** Prints the result of a command. */
import { LineOutput } from '../output/log/line-output.ts';
import { STANDARD_OUTPUT } from './output-paths.ts';

export async function writeOut(text: string): Promise<void> {
  const output = new LineOutput(STANDARD_OUTPUT);
  output.write(text);
  await output.close();
}
