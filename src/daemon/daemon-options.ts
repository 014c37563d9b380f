/** Everything that a daemon is started with. */
import type { Tracker } from '../dataplane/host/tracker.ts';
import type { PacketFiles } from '../output/event/packet-files.ts';
import type { ShowAddress } from '../output/event/shown-address.ts';
import type { HttpOptions, ListenAddress } from '../web/http/http-options.ts';
import type { HistoryOptions } from './console/history-feed.ts';
import type { FoundCheckpoint } from './checkpoint/checkpoint-files.ts';
import type { RulesFiles } from './daemon-rules.ts';
import type { FleetRulesOptions } from './fleet-rules.ts';
import type { FleetShippingOptions } from './fleet-shipping.ts';
import type { Notifier } from './notifier.ts';
import type { OutputOptions } from './outputs.ts';
import type { RulesState } from './rules-state.ts';
import type { ShadowFiles, ShadowReading } from './shadow-rules.ts';
import type { RunSource } from './source-run.ts';
import type { StartingRules } from './starting-rules.ts';

export interface DaemonOptions {
  readonly version: string;
  readonly rulesFiles: RulesFiles;
  readonly starting: StartingRules;
  /** Stores the rules in use; null for no storage. */
  readonly rulesState: RulesState | null;
  /** A second set of rules that decides too and never acts, as it was read; null for none. */
  readonly shadow: { readonly files: ShadowFiles; readonly reading: ShadowReading } | null;
  /** Tracks flows in this thread or in workers. */
  readonly tracker: Tracker;
  readonly outputs: OutputOptions;
  readonly show: ShowAddress;
  /** Null for no history, and no console. */
  readonly history: HistoryOptions | null;
  /** The share of packets that may be lost, for the metric. */
  readonly lossBound: number;
  /** Where the log of decisions is shipped; null for no fleet. */
  readonly fleet: FleetShippingOptions | null;
  /** Rules that come from the fleet; null for the files alone. */
  readonly fleetRules: FleetRulesOptions | null;
  /** Folder of policies that operators may try as drafts in the console; null for none. */
  readonly drafts: string | null;
  /** Null for no HTTP server. */
  readonly http: HttpOptions | null;
  /** The flag that names another address or port, for a message when the port is taken. */
  readonly portFlag: string;
  /** Path of the control socket; null for none. */
  readonly control: string | null;
  readonly watch: boolean;
  /** Folder for the state of the breaker and of registered hits; null for none. */
  readonly stateFolder: string | null;
  /** The folder was requested explicitly: without it the daemon does not start. */
  readonly needsState: boolean;
  /** The last checkpoint in the folder; null without a folder. */
  readonly checkpoint: FoundCheckpoint | null;
  /** Names the program and the sizes that a checkpoint depends on; and bytes that checkpoints may take on disk. */
  readonly build: string;
  readonly maxState: number;
  /** Time between two checkpoints. */
  readonly checkpointMs: number;
  /** Null for no webhook. */
  readonly notifier: Notifier | null;
  readonly statsMs: number;
  /** Called with the address of the HTTP server. */
  readonly onListening?: (address: ListenAddress) => void;
  readonly makeSource: (files: PacketFiles) => RunSource;
}
