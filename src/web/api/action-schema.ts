/**
 * What an operator can ask the daemon to do. Each request has an identifier of its own: sent again, it is answered
 * again and not performed again. A request says what its user saw, so that it is refused where that has changed
 * meanwhile.
 */
import * as z from 'zod/mini';
import { wanted } from '../../core/wanted-value.ts';
import { changeVerdict } from './rules-schema.ts';

const id = z.string().check(z.regex(/^[A-Za-z0-9-]{8,64}$/, { error: wanted('value-request-id') }));
const sha256 = z.string().check(z.regex(/^[0-9a-f]{64}$/, { error: wanted('value-hash') }));
const count = z.int().check(z.minimum(0));

export const plainAction = z.strictObject({ id });
/** `date`: the time of a date, as the calendar gives it; the hash is that of the rules in use then. */
export const confirmAction = z.strictObject({ id, sha256, date: z.optional(z.string().check(z.maxLength(40))) });
/** The times of the trips that were shown, ms since 1970. */
export const resetAction = z.strictObject({ id, trips: z.array(z.number()).check(z.maxLength(16)) });
/** The registered hits that were shown. */
export const clearAction = z.strictObject({ id, reason: z.string().check(z.maxLength(500)), hits: count });
/** The hash of the shadow's policy that was shown. */
export const shadowOffAction = z.strictObject({ id, policy: sha256 });
/** The name of a file in the folder of drafts. */
export const shadowOnAction = z.strictObject({ id, draft: z.string().check(z.maxLength(255)) });

const reason = z.strictObject({
  problem: z.string(),
  code: z.string(),
  values: z.readonly(z.array(z.string())),
});
const rulesProblem = z.extend(reason, {
  severity: z.enum(['error', 'warning']),
  /** `file:line:column`, or the file alone; null for a problem of no file. */
  place: z.nullable(z.string()),
});
export type ShownProblem = z.infer<typeof rulesProblem>;

export const actionResult = z.strictObject({
  ok: z.boolean(),
  /** success, unchanged, refused, failure. */
  result: z.string(),
  /** A reason where it was not done; problems of files; limits that are exceeded. */
  problem: z.optional(reason),
  problems: z.array(rulesProblem),
  /** The hash of the rules that were refused. */
  sha256: z.optional(z.string()),
});
export type ActionResult = z.infer<typeof actionResult>;

/** What a reload would do now. */
export const reloadPreview = z.strictObject({
  result: z.enum(['success', 'failure', 'unchanged', 'refused']),
  problems: z.array(rulesProblem),
  verdict: z.nullable(changeVerdict),
});
export type ReloadPreview = z.infer<typeof reloadPreview>;

export const draftList = z.strictObject({
  /** False without a folder of drafts (`--drafts`). */
  configured: z.boolean(),
  names: z.array(z.string()),
});
export type DraftList = z.infer<typeof draftList>;
