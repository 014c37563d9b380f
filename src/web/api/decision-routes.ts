/** Routes of recent decisions: a list with filters, the same as a file, and the explanation of one. */
import type { DecisionKey } from '../../history/recent/decision-explanation.ts';
import { type DecisionsQuery, decisionsQuery } from '../../history/recent/decision-query.ts';
import type { Reason } from './refusals.ts';
import { type ApiAnswer, type ApiRoute, COSTLY, jsonText, refusal, refused, route } from './route.ts';

export interface DecisionAnswers {
  /** JSON of a DecisionList, or why the query cannot be answered. */
  list(query: DecisionsQuery): Promise<string | DecisionRefusal>;
  /** All that the query selects, as the parts of a file. */
  file(query: DecisionsQuery): AsyncIterable<string> | DecisionRefusal;
  /** JSON of a DecisionExplanation; null if the decision is not kept. */
  explain(key: DecisionKey): Promise<string | DecisionRefusal | null>;
  /** JSON of DecisionBytes, or why they cannot be shown; null if the decision is not kept. */
  bytes(key: DecisionKey): Promise<string | DecisionRefusal | null>;
}

export interface DecisionRefusal extends Reason {
  readonly status: number;
}

const TYPES = { csv: 'text/csv; charset=utf-8; header=present', jsonl: 'application/jsonl; charset=utf-8' };

export function decisionRoutes(decisions: DecisionAnswers): readonly ApiRoute[] {
  return [
    route({
      method: 'GET',
      path: '/decisions',
      access: 'read',
      query: decisionsQuery,
      answer: async ({ query }) => {
        const { format = 'json' } = query;
        if (format === 'json') return answered(await decisions.list(query));
        const file = decisions.file(query);
        if ('problem' in file) return refusal(file.status, file);
        return { status: 200, type: TYPES[format], body: '', parts: file, fileName: `decisions.${format}` };
      },
    }),
    route({
      method: 'GET',
      path: '/decisions/:id',
      access: 'read',
      answer: async ({ params }) => {
        const key = parseKey(params.id!);
        if (key === null) return refused(400, 'decision-key');
        return answered(await decisions.explain(key));
      },
    }),
    route({
      method: 'GET',
      path: '/decisions/:id/bytes',
      access: 'audit',
      most: COSTLY,
      answer: async ({ params }) => {
        const key = parseKey(params.id!);
        if (key === null) return refused(400, 'decision-key');
        return answered(await decisions.bytes(key));
      },
    }),
  ];
}

function answered(answer: string | DecisionRefusal | null): ApiAnswer {
  if (answer === null) return refused(404, 'decision-not-kept');
  if (typeof answer === 'string') return jsonText(answer);
  return refusal(answer.status, answer);
}

const BY_NUMBER = /^(\d{1,15})(?:-([0-9a-f]{16}))?$/;
const BY_FLOW = /^([0-9a-f]{16})-(\d{1,15})$/;

/** Null if the text names no decision. */
export function parseKey(id: string): DecisionKey | null {
  const byNumber = BY_NUMBER.exec(id);
  if (byNumber !== null) {
    const [, number, flowId] = byNumber;
    return { number: Number(number), ...(flowId !== undefined && { flowId }) };
  }
  const byFlow = BY_FLOW.exec(id);
  return byFlow === null ? null : { flowId: byFlow[1]!, packet: Number(byFlow[2]) };
}
