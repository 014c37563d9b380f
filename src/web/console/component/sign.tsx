/** Signs: what a colour says, in a form. A text beside each says it in words. */

const PATHS = {
  good: 'M8 1.5a6.5 6.5 0 1 0 0 13a6.5 6.5 0 0 0 0-13zM5 8.2l2 2l4-4.2',
  notice: 'M8 1.5a6.5 6.5 0 1 0 0 13a6.5 6.5 0 0 0 0-13zM8 7.2v4M8 4.7v.1',
  warning: 'M8 1.8L14.8 13.8H1.2zM8 6.2v3.6M8 11.7v.1',
  critical: 'M5.2 1.5h5.6l3.7 3.7v5.6l-3.7 3.7H5.2l-3.7-3.7V5.2zM8 4.6v4.2M8 11.2v.1',
  allow: 'M2 8h11M9 4l4 4l-4 4',
  throttle:
    'M4 1.8h8M4 14.2h8M4.8 1.8c0 3.6 2 4.8 3.2 6.2c-1.2 1.4-3.2 2.6-3.2 6.2' +
    'M11.2 1.8c0 3.6-2 4.8-3.2 6.2c1.2 1.4 3.2 2.6 3.2 6.2',
  block: 'M8 1.5a6.5 6.5 0 1 0 0 13a6.5 6.5 0 0 0 0-13zM3.6 3.6l8.8 8.8',
  suspected: 'M5.4 5.8a2.6 2.6 0 1 1 3.6 2.4c-.7.3-1 .8-1 1.6v.4M8 13v.1',
  confirmed: 'M2.5 8.6l3.6 3.6l7.4-8',
  observe:
    'M1.2 8C3.6 4.4 5.6 3.4 8 3.4S12.4 4.4 14.8 8C12.4 11.6 10.4 12.6 8 12.6S3.6 11.6 1.2 8z' +
    'M8 6.2a1.8 1.8 0 1 0 0 3.6a1.8 1.8 0 0 0 0-3.6z',
  enforce: 'M8 1.4l5.6 2v4.2c0 3.4-2.2 5.8-5.6 7c-3.4-1.2-5.6-3.6-5.6-7V3.4zM5.4 7.8l1.9 1.9l3.4-3.6',
  live:
    'M8 6.6a1.4 1.4 0 1 0 0 2.8a1.4 1.4 0 0 0 0-2.8z' +
    'M4.6 11.4a4.8 4.8 0 0 1 0-6.8M11.4 4.6a4.8 4.8 0 0 1 0 6.8' +
    'M2.4 13.6a8 8 0 0 1 0-11.2M13.6 2.4a8 8 0 0 1 0 11.2',
  replayed: 'M2 8a6 6 0 1 0 2-4.5M2 2v3h3M6.6 5.6v4.8L10.6 8z',
  lost:
    'M2 2l12 12' +
    'M4.6 11.4a4.8 4.8 0 0 1-.8-5.6M11.4 4.6a4.8 4.8 0 0 1 .8 5.6' +
    'M2.4 13.6a8 8 0 0 1-.9-9.9M13.6 2.4a8 8 0 0 1 .9 9.9',
  up: 'M8 13V3M4 7l4-4l4 4',
  down: 'M8 3v10M4 9l4 4l4-4',
  ascending: 'M4 10l4-4.5l4 4.5',
  descending: 'M4 6l4 4.5L12 6',
  earlier: 'M10 3L5 8l5 5',
  later: 'M6 3l5 5l-5 5',
  person: 'M8 1.8a3 3 0 1 0 0 6a3 3 0 0 0 0-6zM2.4 14.4c.4-3.2 2.6-4.6 5.6-4.6s5.2 1.4 5.6 4.6',
} as const;
export type SignName = keyof typeof PATHS;

export function Sign({ name }: { name: SignName }) {
  return (
    <svg class="sign" viewBox="0 0 16 16" aria-hidden="true">
      <path d={PATHS[name]} />
    </svg>
  );
}
