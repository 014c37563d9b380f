/**
 * A running hub: it reads the minutes of all sensors from the fleet's stream into a history of its own, and serves it.
 * The history says how far the stream is read, so a hub that is killed, or begun again, loses and doubles nothing.
 */
import { mkdirSync, realpathSync } from 'node:fs';
import type { Server } from 'node:net';
import { join } from 'node:path';
import type { CodedProblem } from '../core/coded-problem.ts';
import { lockState } from '../daemon/path-lock.ts';
import type { FleetLimit } from '../fleet/breaker/fleet-limit.ts';
import { type FleetAddress, FleetLink } from '../fleet/fleet-link.ts';
import { StreamReader, type StreamSink } from '../fleet/stream-reader.ts';
import type { BreakerState } from '../fleet/breaker/lease-message.ts';
import { MINUTES_STREAM } from '../fleet/subjects.ts';
import { HistoryClient } from '../history/process/history-client.ts';
import type { MissingRows, StreamPosition } from '../history/ship/received-rows.ts';
import type { SensorHealth } from '../history/ship/sensor-table.ts';
import type { HistoryPlace } from '../history/store/history-store.ts';
import type { Log } from '../output/log/log.ts';
import { ConsoleAccess } from '../web/http/accounts/console-access.ts';
import type { HttpOptions, ListenAddress } from '../web/http/http-options.ts';
import { PAGES } from '../web/http/built-pages.ts';
import { HttpServer } from '../web/http/http-server.ts';
import { NO_PROBLEM } from '../web/api/coded-problem-schema.ts';
import { hubProblem } from '../web/api/hub-problem.ts';
import type { HubDocument, HubSensor } from '../web/api/hub-schema.ts';
import { HUB_PATHS } from '../web/api/pages.ts';
import { FleetBreaker } from './fleet-breaker.ts';
import { FleetRulesView } from './fleet-rules-view.ts';
import { type HubFigures, HubMetrics } from './hub-metrics.ts';
import { hubRoutes } from './hub-routes.ts';
import { driftsOf, type RulesState } from './sensor-drift.ts';

const HISTORY_NAME = 'history.db';
const OWNER_ONLY = 0o700;
const TICK_MS = 1000;
const CLOSE_MS = 3000;
/** A loss of the stream is shown so long. */
const SHOWN_MS = 86_400_000;
/** Smaller groups of clients are not shown. */
const FEWEST = 5;

export interface HubOptions {
  /** The version of Sluice. */
  readonly version: string;
  readonly address: FleetAddress;
  /** The durable consumer's name. Two hubs need two. */
  readonly consumer: string;
  /** Limits on the clients that all sensors together may newly hit; empty for a hub that lends nothing. */
  readonly limits: readonly FleetLimit[];
  /** The folder of state, in which the history is. */
  readonly state: string;
  readonly history: Omit<HistoryPlace, 'path'>;
  readonly http: HttpOptions;
}

export class Hub {
  private readonly options: HubOptions;
  private readonly log: Log;
  private readonly client: HistoryClient;
  private readonly link: FleetLink;
  private readonly reader: StreamReader;
  private readonly server: HttpServer;
  private readonly rules: FleetRulesView;
  /** Null for a hub that lends nothing. */
  private readonly breaker: FleetBreaker | null;
  private timer: NodeJS.Timeout | null = null;
  private lock: Server | null = null;
  /** The packet time of the latest minute of any sensor, ms since 1970; null while it is not known. */
  private latestMs: number | null = null;
  private rowCount = 0;
  private refusedCount = 0;
  private repeatedCount = 0;
  private missingCount = 0;
  /** The last loss of the stream, and when it was found, ms since 1970; null for none. */
  private loss: { readonly problem: CodedProblem; readonly atMs: number } | null = null;

  constructor(options: HubOptions, log: Log) {
    this.options = options;
    this.log = log;
    const path = join(options.state, HISTORY_NAME);
    this.client = new HistoryClient({
      ...options.history,
      path,
      onProblem: (problem) => {
        if (problem === null) log.info({ path }, 'the history is written again');
        else log.error({ problem, path }, 'the history cannot be written: the stream waits');
      },
      onSetAside: ({ file, problem }) => {
        log.error({ file, problem }, 'the history was broken: it is set aside, and made again from the stream');
      },
    });
    this.link = new FleetLink(options.address, `sluice hub ${options.consumer}`);
    this.rules = new FleetRulesView(this.link);
    this.breaker = options.limits.length === 0 ? null : new FleetBreaker(options.limits, this.link, log);
    this.reader = new StreamReader({
      link: this.link,
      stream: MINUTES_STREAM,
      consumer: options.consumer,
      sink: this.sink(),
      onProblem: (problem) => {
        if (problem === null) log.info({ fleet: options.address.servers }, 'the minutes of the fleet are read');
        else log.warn({ problem }, 'the minutes of the fleet are not read: they wait in the stream');
      },
      onLoss: (found) => {
        this.noteLoss(hubProblem('stream-lost', found));
        log.error({ found }, 'the stream has lost messages: it is read again, and rows that are there are left out');
      },
    });
    const access = new ConsoleAccess(options.http.accounts, log);
    const metrics = new HubMetrics(() => this.figures());
    const notReady = (): string | null => this.client.problem ?? this.reader.problem;
    const routes = hubRoutes({
      client: this.client,
      metrics,
      notReady,
      document: () => this.document(),
      sensors: () => this.sensors(),
    });
    const pages = { folder: PAGES, document: 'hub.html', paths: HUB_PATHS };
    this.server = new HttpServer(options.http, { log, access, routes, pages });
  }

  /** Begins; resolves to the address at which it is served. Rejects if the state is used, or the port taken. */
  async start(): Promise<ListenAddress> {
    const { state } = this.options;
    mkdirSync(state, { recursive: true, mode: OWNER_ONLY });
    this.lock = await lockState(realpathSync(state));
    const address = await this.server.start();
    await this.client.start();
    this.timer = setInterval(() => {
      void this.client.flush();
      void this.sensors().catch(() => undefined);
    }, TICK_MS);
    this.link.start();
    this.reader.start();
    this.rules.start();
    this.breaker?.start();
    return address;
  }

  async stop(): Promise<void> {
    if (this.timer !== null) clearInterval(this.timer);
    await this.server.stop();
    await this.reader.stop();
    await this.breaker?.stop();
    await this.link.close();
    await this.rules.stop();
    await this.client.close(CLOSE_MS);
    this.lock?.close();
  }

  private sink(): StreamSink {
    return {
      position: async (query) => JSON.parse(await this.client.ask({ what: 'position', query })) as StreamPosition,
      rewind: async (query) => {
        await this.client.ask({ what: 'rewind', query });
      },
      receive: async (stream, after, messages, mark) => {
        const batch = { stream, after, messages, mark };
        const { rows, refused, repeated, missing, problem } = await this.client.receive(batch);
        this.rowCount += rows;
        this.refusedCount += refused;
        this.repeatedCount += repeated;
        if (problem !== null) this.log.warn({ refused, problem }, 'rows were refused');
        if (repeated > 0) this.log.info({ rows: repeated }, 'rows came again, and were left out');
        for (const one of missing) this.noteMissing(one);
      },
    };
  }

  private noteMissing({ isp, site, after, until }: MissingRows): void {
    // A sensor numbers rows by its clock.
    const [from, to] = [after, until].map((ms) => new Date(ms).toISOString()) as [string, string];
    this.missingCount++;
    this.noteLoss(hubProblem('rows-missing', `${isp}/${site}`, from, to));
    this.log.error({ isp, site, after: from, until: to }, 'minutes of a sensor are missing: the stream has lost them');
  }

  private noteLoss(problem: CodedProblem): void {
    this.loss = { problem, atMs: Date.now() };
  }

  private document(): HubDocument {
    const { reader, options } = this;
    const nowMs = Date.now();
    return {
      version: options.version,
      // Made once a second for all readers.
      wall_ms: nowMs - (nowMs % TICK_MS),
      now_ms: this.latestMs,
      zone: options.history.zone,
      source: { kind: 'fleet' },
      ...this.problem,
      pending: reader.pending,
      history: { written: reader.messageCount },
      fleet_breaker: this.breaker === null ? null : shownBreaker(this.breaker.state),
    };
  }

  private get problem(): Pick<HubDocument, 'problem' | 'code' | 'values'> {
    const { client, reader } = this;
    if (client.reason !== null) return client.reason;
    if (reader.problem !== null) return hubProblem('stream-unread', reader.problem);
    return this.loss !== null && Date.now() - this.loss.atMs < SHOWN_MS ? this.loss.problem : NO_PROBLEM;
  }

  /** Rejects while the history does not answer. */
  private async sensors(): Promise<HubSensor[]> {
    const found = JSON.parse(await this.client.ask({ what: 'sensors', query: null })) as SensorHealth[];
    const nowMs = Date.now();
    for (const { minute_ms: ms } of found) this.latestMs = Math.max(ms ?? 0, this.latestMs ?? 0) || null;
    return found.map((health) => {
      const rules = this.rules.of(health.isp, health.site);
      return { ...health, drift: driftsOf(health, rules, nowMs), rules: shownRules(rules) };
    });
  }

  private async figures(): Promise<HubFigures> {
    const { reader, client } = this;
    const sensors = await this.sensors().catch(() => []);
    return {
      isConnected: this.link.isConnected,
      messageCount: reader.messageCount,
      rowCount: this.rowCount,
      refusedCount: this.refusedCount,
      repeatedCount: this.repeatedCount,
      missingCount: this.missingCount,
      lossCount: reader.lossCount,
      failureCount: reader.failureCount,
      pending: reader.pending,
      fileBytes: client.fileBytes,
      hasProblem: reader.problem !== null || client.problem !== null,
      sensors,
      breaker: this.breaker?.state ?? null,
    };
  }
}

/** `state`: null while nothing can be lent. */
function shownBreaker(state: BreakerState | null): HubDocument['fleet_breaker'] {
  if (state === null) return { lends: false, tripped_ms: null, limits: [], sensors: 0 };
  const { trip, limits, sensors } = state;
  const shown = (clients: number): number | null => (clients > 0 && clients < FEWEST ? null : clients);
  return {
    lends: true,
    tripped_ms: trip?.at_ms ?? null,
    limits: limits.map((one) => ({ ...one, used: shown(one.used), lent: shown(one.lent) })),
    sensors: sensors.length,
  };
}

function shownRules(rules: RulesState | null): HubSensor['rules'] {
  if (rules === null) return null;
  const { status, wanted } = rules;
  return {
    ring: status.ring,
    version: status.bundle?.version ?? null,
    wanted: wanted?.version ?? null,
    refused: status.refused === null ? null : { reason: status.refused.reason, problem: status.refused.problem },
  };
}
