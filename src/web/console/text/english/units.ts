/** How numbers, spans of time and dates are written. */
export const units = {
  locale: 'en-GB',
  bytes: ['B', 'kB', 'MB', 'GB', 'TB', 'PB'],
  large: ['', 'k', 'M', 'G', 'T'],
  /** From the longest on: seconds, short form, and the noun for one and for several. */
  spans: [
    [86_400, 'd', 'day', 'days'],
    [3600, 'h', 'hour', 'hours'],
    [60, 'min', 'minute', 'minutes'],
    [1, 's', 'second', 'seconds'],
  ] as const,
  milliseconds: 'ms',
  percent: '%',
  missing: '–',
  missingMeaning: 'not known',
};
