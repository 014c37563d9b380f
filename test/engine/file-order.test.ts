import { describe, expect, it } from 'vitest';
import { FileOrder } from '../../src/pipeline/file-order.ts';
import { filesBackJson, filesBackText } from '../../src/output/capture/files-back.ts';

const SECOND = 1_000_000;

/** An order after files named a, b, c and so on, each with its first and last packet time. */
function orderOf(...files: readonly (readonly [firstUs: number, lastUs: number])[]): FileOrder {
  const order = new FileOrder();
  for (const [index, [firstUs, lastUs]] of files.entries()) {
    order.begin(String.fromCharCode(97 + index), firstUs);
    order.reach(firstUs);
    order.reach(lastUs);
  }
  return order;
}

describe('files follow each other', () => {
  it.each([
    ['one file', orderOf([5, 9])],
    ['no file', orderOf()],
    ['files of a rotation', orderOf([0, 60 * SECOND], [60 * SECOND, 120 * SECOND], [120 * SECOND, 121 * SECOND])],
    ['a long gap between files', orderOf([0, 60 * SECOND], [1e15, 1e15 + 5])],
    ['a rotation within packets that are out of order', orderOf([0, 60 * SECOND], [59.95 * SECOND, 90 * SECOND])],
    ['a file of one packet at the time of the last', orderOf([7, 7], [7, 9])],
  ])('with %s', (_, order) => {
    expect([order.count, filesBackText(order, 3), filesBackJson(order)]).toEqual([0, '', null]);
  });
});

describe('files do not follow each other', () => {
  it('where one begins before the end of another', () => {
    const order = orderOf([0, 60 * SECOND], [50 * SECOND, 70 * SECOND]);
    expect(filesBackText(order, 2)).toMatch(/^b begins 10 s before the end of a\. Without --each .* Give --each if /);
    const back = { file: 'b', before_end_of: 'a', seconds: 10 };
    expect(filesBackJson(order)).toEqual({ count: 1, first: back, largest: back });
  });

  it('where both begin at one time, however short they are', () => {
    expect(filesBackText(orderOf([100, 103], [100, 102]), 2)).toMatch(/^b begins 0\.000003 s before the end of a\. /);
  });

  it('where a later one reaches back to the first', () => {
    const order = orderOf(
      [0, 1e4 * SECOND],
      [1e4 * SECOND, 2e4 * SECOND],
      [SECOND, 2 * SECOND],
      [2e4 * SECOND, 3e4 * SECOND],
    );
    expect(filesBackJson(order)).toMatchObject({ count: 1, first: { file: 'c', before_end_of: 'b', seconds: 19_999 } });
  });

  it('with the first and the farthest of many', () => {
    const day = 86_400 * SECOND;
    const order = orderOf([9 * day, 10 * day], [9.5 * day, 9.6 * day], [0, day], [5 * day, 6 * day]);
    expect(filesBackText(order, 4)).toContain(
      '3 of 4 files begin before the end of files that were read before them ' +
        '(the first is b, 12.0 hours before the end of a; the farthest c, 10.0 days before the end of a). ',
    );
  });
});
