/**
 * The numbers of a batch's rows as the text of a header: the number that the sensor gave before the first row, or `-`
 * where it does not know; then what each adds to the one before. The first adds to that number, or to 0.
 */
export interface RowNumbers {
  readonly numbers: readonly number[];
  readonly before: number | null;
}

const FORM = /^(-|\d{1,15})(,\d{1,15})*$/;

export function rowNumbersText({ numbers, before }: RowNumbers): string {
  const added = numbers.map((number, at) => number - (numbers[at - 1] ?? before ?? 0));
  return [before ?? '-', ...added].join(',');
}

/** Null for no such text, and for numbers that do not ascend. */
export function parseRowNumbers(text: string): RowNumbers | null {
  if (!FORM.test(text)) return null;
  const [first, ...added] = text.split(',');
  const before = first === '-' ? null : Number(first);
  let last = before ?? 0;
  const numbers = added.map((more) => (last += Number(more)));
  const ascend = numbers.every((number, at) => number > (numbers[at - 1] ?? before ?? -1));
  return ascend && Number.isSafeInteger(last) ? { numbers, before } : null;
}
