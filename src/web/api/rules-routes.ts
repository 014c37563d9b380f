/** Routes of the Rules page. */
import { type ApiRoute, jsonText, json, route, type User } from './route.ts';
import { type RulesDocument, type RulesQuery, rulesQuery } from './rules-schema.ts';

export interface RulesAnswers {
  rules(query: RulesQuery, user: User | null): RulesDocument;
  /** Decisions of the last day by rule, as JSON (RuleDay). */
  day(): Promise<string>;
}

export function rulesRoutes(rules: RulesAnswers): readonly ApiRoute[] {
  return [
    route({
      method: 'GET',
      path: '/rules',
      access: 'read',
      query: rulesQuery,
      answer: ({ query, user }) => json(rules.rules(query, user)),
    }),
    route({ method: 'GET', path: '/rules/day', access: 'read', answer: async () => jsonText(await rules.day()) }),
  ];
}
