/** Flows that the table holds unless told otherwise. */
export const DEFAULT_FLOW_CAPACITY = 500_000;
