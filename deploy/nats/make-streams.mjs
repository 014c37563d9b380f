/**
 * Creates the fleet's streams, or changes their limits: node deploy/nats/make-streams.mjs URL [REPLICAS [MAX_BYTES [FOLDER]]]
 *
 * FOLDER is that of make-config, whose hub certificate is used. A full stream refuses what is new, so that a sensor's last
 * message, from which it goes on, never goes: sensors then keep their logs on the disk. MAX_BYTES is of events and minutes;
 * rules, rings, leases and what sensors say of them are small.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { jetstreamManager } from '@nats-io/jetstream';
import { connect } from '@nats-io/transport-node';

const [url, replicas = '1', maxBytes = '-1', folder] = process.argv.slice(2);
if (url === undefined) throw new Error('name the server, like nats://127.0.0.1:4222');
const pem = (name) => readFileSync(join(folder, name), 'utf8');
const tls = folder === undefined ? {} : { tls: { ca: pem('ca.pem'), cert: pem('hub.pem'), key: pem('hub.key') } };
// A server that was just started may need a moment.
const patience = { waitOnFirstConnect: true, maxReconnectAttempts: 20, reconnectTimeWait: 500 };
const connection = await connect({ servers: url, ...patience, ...tls });
const jsm = await jetstreamManager(connection);
const shipped = { discard: 'new', max_bytes: Number(maxBytes) };
for (const [name, subjects, limits] of [
  ['SLUICE_EVENTS', ['sluice.v1.*.*.events'], shipped],
  ['SLUICE_MINUTES', ['sluice.v1.*.*.minutes'], shipped],
  // The last message of each sensor.
  ['SLUICE_STATUS', ['sluice.v1.*.*.status'], { max_msgs_per_subject: 1 }],
  // An object bucket and a key-value bucket, in the layout of NATS.
  ['OBJ_sluice-rules', ['$O.sluice-rules.C.>', '$O.sluice-rules.M.>'], { discard: 'new', allow_rollup_hdrs: true }],
  ['KV_sluice-rings', ['$KV.sluice-rings.>'], { max_msgs_per_subject: 64, allow_rollup_hdrs: true, deny_delete: true }],
  // What the hub has lent of the fleet's limits.
  [
    'KV_sluice-leases',
    ['$KV.sluice-leases.>'],
    { max_msgs_per_subject: 1, allow_rollup_hdrs: true, deny_delete: true },
  ],
]) {
  const config = { name, subjects, storage: 'file', allow_direct: true, num_replicas: Number(replicas), ...limits };
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
