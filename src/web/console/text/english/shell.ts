/** Texts of the frame around all pages. */
export const shell = {
  name: 'Sluice',
  skip: 'Skip to the content',
  navigation: 'Pages',
  menu: 'Menu',
  pages: {
    overview: 'Overview',
    decisions: 'Decisions',
    explanation: 'Explanation',
    rules: 'Rules',
    registry: 'Registry',
    incidents: 'Incidents',
    reports: 'Reports',
    health: 'Health',
    signIn: 'Sign in',
  },
  title: (page: string) => `${page} · Sluice`,
  notFound: 'There is no such page',
  notFoundHelp: (path: string) =>
    `Nothing is at ${path}. The address may be mistyped, or of another version. The pages are in the navigation above.`,
  notFoundBack: 'To the overview',
  live: 'Live',
  replayed: 'Replayed captures',
  lost: 'No connection',
  lostHelp: (time: string) =>
    `The daemon does not answer. The figures are those of ${time}. The page tries again every few seconds.`,
  never: 'The daemon does not answer. The page tries again every few seconds.',
  clock: (time: string) => `Packet time ${time}`,
  noPackets: 'No packets yet',
  simulation: 'Sluice is a simulation: it never sends, delays or drops a packet of the network.',
};
