/**
 * What `import … from 'sluice'` gives. Its names, and the fields of its types, are covered by semantic versioning; see
 * deploy/reference/LIBRARY.md.
 */
export { checkRules, openSession } from './open-session.ts';
export { SluiceError } from './sluice-error.ts';
export type { Problem, SluiceErrorCode } from './sluice-error.ts';
export type {
  Action,
  Decision,
  DecisionEvent,
  Evidence,
  Finding,
  FlowEvent,
  FlowFields,
  Mode,
  Registration,
} from './events.ts';
export type {
  IncompleteCapture,
  Packet,
  PacketBatches,
  PacketOptions,
  Reading,
  ReadOptions,
  ReadSummary,
  RulesFiles,
  Session,
  SessionOptions,
} from './session.ts';
