import { defineConfig } from 'vitest/config';
import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** Runs the quickest test files first, because the first failing test ends the run of a mutant. */
const files = JSON.parse(process.env.MUTATE_TESTS ?? '[]') as string[];

class QuickestFirst extends BaseSequencer {
  override sort(specifications: TestSpecification[]): Promise<TestSpecification[]> {
    const place = ({ moduleId }: TestSpecification): number => files.findIndex((file) => moduleId.endsWith(`/${file}`));
    return Promise.resolve(specifications.toSorted((a, b) => place(a) - place(b)));
  }
}

/** The tests of the area that run.mjs mutates. It runs in a copy of the tree, which is the working folder. */
export default defineConfig({
  test: {
    include: files,
    sequence: { sequencer: QuickestFirst },
    testTimeout: 120_000,
    hookTimeout: 120_000,
  },
});
