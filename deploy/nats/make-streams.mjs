/**
 * Creates the fleet's streams, or changes their limits: node deploy/nats/make-streams.mjs URL [REPLICAS [MAX_BYTES [FOLDER]]]
 *
 * FOLDER is that of make-config, whose hub certificate is used. A full stream refuses what is new, so that a sensor's last
 * message, from which it goes on, never goes: sensors then keep their logs on the disk.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { jetstreamManager } from '@nats-io/jetstream';
import { connect } from '@nats-io/transport-node';

const [url, replicas = '1', maxBytes = '-1', folder] = process.argv.slice(2);
if (url === undefined) throw new Error('name the server, like nats://127.0.0.1:4222');
const pem = (name) => readFileSync(join(folder, name), 'utf8');
const tls = folder === undefined ? {} : { tls: { ca: pem('ca.pem'), cert: pem('hub.pem'), key: pem('hub.key') } };
const connection = await connect({ servers: url, ...tls });
const jsm = await jetstreamManager(connection);
for (const [name, subject] of [
  ['SLUICE_EVENTS', 'sluice.v1.*.*.events'],
  ['SLUICE_MINUTES', 'sluice.v1.*.*.minutes'],
]) {
  const config = {
    name,
    subjects: [subject],
    storage: 'file',
    discard: 'new',
    allow_direct: true,
    num_replicas: Number(replicas),
    max_bytes: Number(maxBytes),
  };
  const exists = await jsm.streams.info(name).then(
    () => true,
    () => false,
  );
  const { config: made } = await (exists ? jsm.streams.update(name, config) : jsm.streams.add(config));
  console.log(
    `${made.name}: ${made.subjects.join(', ')}, ${made.num_replicas} replicas, at most ${made.max_bytes} bytes`,
  );
}
await connection.close();
