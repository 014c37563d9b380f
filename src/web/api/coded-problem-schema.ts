/** The keys of a problem in a document: its English, and the code and values by which the page has its own words. */
import * as z from 'zod/mini';

export const codedProblem = {
  problem: z.nullable(z.string()),
  code: z.nullable(z.string()),
  values: z.readonly(z.array(z.string())),
};

/** Where all works. */
export const NO_PROBLEM = { problem: null, code: null, values: [] } as const;
