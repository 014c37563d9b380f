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
