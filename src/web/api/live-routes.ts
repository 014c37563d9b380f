/** The route of the live document. */
import { gzipSync } from 'node:zlib';
import { type ApiRoute, jsonText, route } from './route.ts';

/** The live document as JSON, made once a second for all readers, and how often it was made. */
export interface LiveAnswers {
  readonly liveText: string;
  readonly liveVersion: number;
}

export function liveRoutes(live: LiveAnswers): readonly ApiRoute[] {
  // Versions of another start are other ones.
  const start = Date.now().toString(36);
  let packed = { version: -1, bytes: new Uint8Array() };
  const gzipped = (): Uint8Array => {
    const { liveVersion: version, liveText } = live;
    if (packed.version !== version) packed = { version, bytes: gzipSync(liveText) };
    return packed.bytes;
  };
  return [
    route({
      method: 'GET',
      path: '/live',
      access: 'read',
      answer: () => ({ ...jsonText(live.liveText), etag: `"${start}-${live.liveVersion}"`, gzipped }),
    }),
  ];
}
