/** The dataplane as the host calls it, for test/assembly/tracker.test.ts. */
export * from '../../../src/dataplane/assembly/exports';
