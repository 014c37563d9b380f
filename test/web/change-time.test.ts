/** The time of a change as the page says it. */
import { expect, it } from 'vitest';
import { changeTime } from '../../src/web/console/pages/incidents/change-words.ts';

const CHANGE = { id: 1, site: '', isp: '', link: '', kind: 'rules', fields: {} };

it('is that of its packets, and in words for rules that decided from the first packet on', () => {
  expect(changeTime({ ...CHANGE, time_ms: 0 }, 'UTC')).toBe('from the first packet on');
  expect(changeTime({ ...CHANGE, time_ms: Date.UTC(2026, 10, 29, 18, 5) }, 'UTC')).toMatch(/29 Nov 2026.*18:05/);
});
