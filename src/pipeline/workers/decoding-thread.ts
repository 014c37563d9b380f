/** A thread that decodes batches ahead of the thread that tracks flows. See shared-work. */
import { workerData } from 'node:worker_threads';
import { LinearDataplane } from '../../dataplane/host/linear-dataplane.ts';
import { Mark, Place, SharedWork, type ThreadSetup } from './shared-work.ts';

function run(setup: ThreadSetup): never {
  const work = new SharedWork(setup);
  const { exports } = new LinearDataplane(setup.memory);
  while (work.mark(Mark.READY) === 0) work.await(Mark.READY, 0);
  exports.attach(work.place(Place.DATAPLANE));
  for (;;) {
    const published = work.mark(Mark.PUBLISHED);
    if (work.decodeNext(exports)) continue;
    if (work.mark(Mark.DECODING) === 1) work.await(Mark.DECODING, 1);
    else work.await(Mark.PUBLISHED, published);
  }
}

const setup = workerData as ThreadSetup;
try {
  run(setup);
} catch (error) {
  new SharedWork(setup).setMark(Mark.FAILED, 1);
  throw error;
}
