/**
 * A step of the build: runs `sluice replay` over a capture and keeps what V8 has compiled of it (prepared-replay.ts).
 * Arguments: those of a `sluice replay`.
 */
import { PreparedReplay, preparedReplay } from './prepared-replay.ts';

const prepared = new PreparedReplay();
process.argv.splice(2, 0, 'replay');
await prepared.run().main();
prepared.keepCode();
if (preparedReplay()?.hasCode !== true) throw new Error('V8 does not take the code that it has made');
