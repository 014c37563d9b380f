/** The readers of capture records as the host calls them, for test/assembly/records.test.ts, and the times of pcapng. */
export * from '../../../src/dataplane/assembly/exports';
export { offsetToMicros, stampToMicros } from '../../../src/dataplane/assembly/record/pcapng-time';
