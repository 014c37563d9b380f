import type { Rule } from 'eslint';

export const plainEnglish: Rule.RuleModule;
export function problemsOfText(text: string): string[];
