/** Texts of charts. */
export const chart = {
  decisions: 'Decisions by action',
  asTable: 'Table',
  asCsv: 'CSV',
  noData: 'Nothing was recorded in this span of time.',
};
