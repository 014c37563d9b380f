/**
 * A rule for eslint: comments, and texts that people read, are in plain English with the field's own words. It cannot judge a sentence;
 * it keeps out words and openings that this project once used in a way of its own.
 */

/** [pattern, what to write]; a comment's line, or a text. */
const WORDS = [
  [/\boctets?\b/i, 'byte'],
  [/\banew\b/i, 'again'],
  [/\b(stands|stood) (around|behind|before|beside|between|directly)\b/i, '"is after", "is before"'],
  [/\b(heard|hearsay|overheard)\b/i, 'detected, received'],
  [/\bwrappings?\b/i, 'encapsulation'],
  [/\blooked at no more\b/i, 'leaves inspection'],
  [/\b(foretold|foretells?)\b/i, 'predict'],
];
/** Words for people, who are in documents, and not in code. */
const FOR_PEOPLE = [
  /\b(nobody|whoever|somebody|judg(e|es|ed|ing))\b/i,
  'the thing itself: words for people are for people',
];
const OPENING = /^(Of|What of|Who|Whose|Behind) /;

/** The words and openings of a document that are not this project's, with what to write. */
export function problemsOfText(text) {
  const words = WORDS.flatMap(([pattern, instead]) => {
    const found = pattern.exec(text);
    return found === null ? [] : [`"${found[0]}": ${instead}`];
  });
  const openings = sentencesOf(text).flatMap((sentence) => {
    const found = OPENING.exec(sentence);
    return found === null ? [] : [`a sentence begins with "${found[1]}": ${sentence.slice(0, 60)}`];
  });
  return [...words, ...openings];
}

/** Sentences of a comment begin at its start, and after a full stop. */
function sentencesOf(comment) {
  return comment
    .replaceAll(/^[\s*#|-]+/gm, '')
    .split(/(?<=[.:?!])\s+|\n\n/)
    .map((sentence) => sentence.trim());
}

export const plainEnglish = {
  meta: {
    type: 'suggestion',
    schema: [],
    messages: {
      word: '"{{found}}" is not a word of this project: write {{instead}}',
      opening: 'a sentence begins with its subject, not with "{{found}}"',
    },
  },
  create(context) {
    const { sourceCode } = context;
    const checkWords = (text, loc) => {
      for (const [pattern, instead] of [...WORDS, FOR_PEOPLE]) {
        const found = pattern.exec(text);
        if (found !== null) context.report({ loc, messageId: 'word', data: { found: found[0], instead } });
      }
    };
    return {
      Program() {
        for (const comment of sourceCode.getAllComments()) {
          checkWords(comment.value, comment.loc);
          for (const sentence of sentencesOf(comment.value)) {
            const found = OPENING.exec(sentence);
            if (found !== null) context.report({ loc: comment.loc, messageId: 'opening', data: { found: found[1] } });
          }
        }
      },
      Literal(node) {
        if (typeof node.value === 'string' && node.value.includes(' ')) checkWords(node.value, node.loc);
      },
      TemplateElement(node) {
        if (node.value.raw.includes(' ')) checkWords(node.value.raw, node.loc);
      },
    };
  },
};
