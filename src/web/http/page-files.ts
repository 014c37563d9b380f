/**
 * The console's built pages. One document is each page's; its script and style have the hash of their content in their
 * names and are kept by browsers for good. The build has compressed each file already.
 */
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import serveStatic from '@fastify/static';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { API, type ApiAnswer, plainText } from '../api/route.ts';
import { send } from './api-routes.ts';
import type { Refusal } from './request-check.ts';

const ASSETS = 'assets';
const NOT_FOUND = 404;

/** The pages of a server: one document, which each of the paths gets. */
export interface PageSet {
  /** The folder of the built pages. */
  readonly folder: string;
  /** The document's name in it. */
  readonly document: string;
  readonly paths: readonly string[];
}

/**
 * Does nothing where they were not built. `refusal`: why no page is served; null
 * while they are.
 */
export function addPages(
  app: FastifyInstance,
  { folder, document, paths }: PageSet,
  refusal: () => Refusal | null,
): void {
  const assets = join(folder, ASSETS);
  if (!existsSync(assets)) return;
  void app.register((pages, _options, done) => {
    pages.addHook('onRequest', (_request, reply, next) => {
      // A cache in between must not give compressed files to those who cannot read them.
      void reply.header('vary', 'accept-encoding');
      const refused = refusal();
      if (refused === null) next();
      else void send(reply, plainText(refused.status, refused.problem));
    });
    void pages.register(serveStatic, {
      root: assets,
      prefix: `/${ASSETS}/`,
      preCompressed: true,
      dotfiles: 'deny',
      index: false,
      immutable: true,
      maxAge: '1y',
    });
    for (const path of paths)
      pages.get(path, (_request, reply) =>
        reply.header('cache-control', 'no-cache').sendFile(document, folder, { cacheControl: false }),
      );
    done();
  });
}

/**
 * What a reader gets at an address that has nothing: the page, which says so and has the ways back. Null for machines,
 * which do not ask for HTML, for addresses of the API, and where the pages were not built.
 */
export async function missingPage(
  { method, url, headers }: FastifyRequest,
  { folder, document }: PageSet,
): Promise<ApiAnswer | null> {
  const isReader = (method === 'GET' || method === 'HEAD') && /\btext\/html\b/.test(headers.accept ?? '');
  if (!isReader || url.startsWith(`${API}/`) || url.startsWith(`/${ASSETS}/`)) return null;
  try {
    const body = await readFile(join(folder, document), 'utf8');
    return { status: NOT_FOUND, type: 'text/html; charset=utf-8', body };
  } catch {
    return null;
  }
}
