/** The flag of a report. */
import { Option } from 'commander';

export interface ReportFlags {
  readonly report?: string;
}

export function reportOption(): Option {
  return new Option(
    '--report <file>',
    'write a report for readers: .html is one page that needs nothing else, .pdf is printed through an installed Chromium; - is the page on standard output',
  );
}
