/**
 * The fields that end events: the rules in use, where the packets were seen, and the line's number in a log of the
 * daemon.
 */
import * as z from 'zod/mini';
import { ORIGIN_PATTERN } from '../origin-pattern.ts';
import { count, patterned, sha256, text } from './field.ts';

/** The policy and the registry in use. */
export const context = {
  policy: z.strictObject({ name: text('Name of the policy'), sha256: sha256('Hash of its file') }),
  registry: z.strictObject({ sha256: sha256('Hash of its file') }),
};

/** In every event. */
export const origin = {
  site: z.optional(patterned(ORIGIN_PATTERN, 'The value of --site; absent when not given')),
  isp: z.optional(patterned(ORIGIN_PATTERN, 'The value of --isp; absent when not given')),
  link: z.optional(patterned(ORIGIN_PATTERN, 'The value of --link; absent when not given')),
  seq: z.optional(count("Number of the line in its log of the daemon, counted from 1; absent in a replay's events")),
};
