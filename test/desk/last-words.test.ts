/** What staff wrote stands at the head of the applicant's page, for as long as it is what the application waits for. */
import { expect, it } from 'vitest';
import { html } from '../../src/desk/pages/html.ts';
import { lastWords } from '../../src/desk/pages/case-parts.ts';
import { applicationById } from '../../src/desk/store/application.ts';
import { changesOf } from '../../src/desk/store/history.ts';
import { allReasons } from '../../src/desk/store/settings.ts';
import { apply } from '../../src/desk/work/apply.ts';
import { ANNA, APPLICANT, approved, does, newDesk, NORTH, wanted } from './desk-kit.ts';

it('an applicant sees the question that is open, and the reason of a refusal, and nothing of the past', () => {
  const database = newDesk();
  const { id } = apply(database, wanted(['198.51.100.7/32'])).application;
  const shown = (): string => {
    const { state } = applicationById(database, id)!;
    return html`${lastWords(changesOf(database, id), allReasons(database), state)}`.text;
  };
  expect(shown()).toBe('');
  does(database, NORTH, 'object', id, { text: 'This address is <not> yours' });
  expect(shown()).toContain('This address is &lt;not&gt; yours');
  does(database, APPLICANT, 'answer', id, { text: 'It is' });
  expect(shown()).toBe('');
  does(database, NORTH, 'confirm', id);
  does(database, ANNA, 'ask', id, { text: 'What for?' });
  expect(shown()).toContain('What for?');
  does(database, APPLICANT, 'answer', id, { text: 'Accounts' });
  expect(shown()).toBe('');
  does(database, ANNA, 'refuse', id, { reason: 'no-evidence', text: 'The file is empty' });
  expect(shown()).toContain('The evidence does not show what it is needed for. The file is empty');
});

it('a proposal to revoke is not shown as if it had been done', () => {
  const database = newDesk();
  const { id } = approved(database);
  does(database, ANNA, 'propose-revocation', id, { reason: 'left', date: '2099-01-01' });
  const words = lastWords(changesOf(database, id), allReasons(database), applicationById(database, id)!.state);
  expect(words).toBeNull();
});
