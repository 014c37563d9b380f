/** The addresses of the pages; below `/decisions/` each decision has its own. */
export const PAGE_PATHS = [
  '/',
  '/decisions',
  '/decisions/:id',
  '/rules',
  '/registry',
  '/incidents',
  '/incidents/:id',
  '/reports',
  '/health',
  '/sign-in',
] as const;

/** Those of a hub, which has no decisions, rules and registry of its own. */
export const HUB_PATHS = ['/', '/sensors', '/incidents', '/incidents/:id', '/sign-in'] as const;
