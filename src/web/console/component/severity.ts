/** How urgent something is, from the least on. */
export const SEVERITIES = ['good', 'notice', 'warning', 'critical'] as const;
export type Severity = (typeof SEVERITIES)[number];
