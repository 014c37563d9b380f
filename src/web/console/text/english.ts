/** The texts in English. */
export const english = {
  name: 'Sluice',
  pages: {
    overview: 'Overview',
    decisions: 'Decisions',
    rules: 'Rules',
    registry: 'Registry',
    incidents: 'Incidents',
    reports: 'Reports',
    health: 'Health',
  },
  loading: 'Loading…',
  noAnswer: 'The daemon does not answer.',
  notFound: 'There is no such page.',
  chart: {
    decisions: 'Decisions by action',
    asTable: 'Table',
    asCsv: 'CSV',
    noData: 'Nothing was recorded in this span of time.',
  },
};
