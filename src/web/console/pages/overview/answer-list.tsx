/** Questions with their answers in short, each with a link to the page that has it in full. */
import { Link } from '../../shell/link.tsx';
import { text } from '../../text/catalogue.ts';
import type { Answer } from './answers.ts';

export function AnswerList({ answers }: { answers: readonly Answer[] }) {
  return (
    <section aria-label={text.overview.answers.title}>
      <dl class="answers">
        {answers.map(({ question, sentences, to, page }) => (
          <div key={question}>
            <dt>{question}</dt>
            <dd>
              {sentences.join(' ')}{' '}
              <Link to={to}>
                {page}
                <span class="hidden-text">: {question}</span>
              </Link>
            </dd>
          </div>
        ))}
      </dl>
    </section>
  );
}
