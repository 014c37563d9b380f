/** Why a flow ended. */
export const FlowEnd = { TIMEOUT: 0, CLOSED: 1, EVICTED: 2, SHUTDOWN: 3 } as const;
export type FlowEnd = (typeof FlowEnd)[keyof typeof FlowEnd];
export const FLOW_END_NAMES = ['timeout', 'closed', 'evicted', 'shutdown'] as const;
