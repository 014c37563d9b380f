/** The flags of a report. */
import { Option } from 'commander';

export const AUDIENCES = ['internal', 'public'] as const;

export interface ReportFlags {
  readonly report?: string;
  readonly audience?: (typeof AUDIENCES)[number];
}

export function reportOption(): Option {
  return new Option(
    '--report <file>',
    'write a report for readers: .html is one page that needs nothing else, .pdf is printed through an ' +
      'installed Chromium; - is the page on standard output',
  );
}

export function audienceOption(): Option {
  return new Option(
    '--audience <who>',
    'of the report: public has fixed tables with counts rounded to 5, below 5 as "<5", and no flows, ' +
      'holders, addresses or file names (default: internal)',
  ).choices(AUDIENCES);
}
