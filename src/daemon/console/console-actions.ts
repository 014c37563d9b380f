/**
 * The actions of an operator in the console, by the code that `sluice ctl` uses too. A request that is sent again, by a
 * double click or a lost answer, gets the answer of the first one. A request whose user saw another state is refused.
 */
import { HitKind } from '../../decision/registered-hits.ts';
import type { ActionResult, DraftList, ReloadPreview } from '../../web/api/action-schema.ts';
import { ActionRefusal, type ConsoleActions } from '../../web/api/action-routes.ts';
import { reasonOf, reasonWith } from '../../web/api/refusals.ts';
import type { User } from '../../web/api/route.ts';
import type { AdministrationRequest, Answered, RunAdministration } from '../administration.ts';
import type { Drafts } from './drafts.ts';
import type { LiveParts } from './live-document.ts';
import { type ShownRegistrations, shownVerdict } from './shown-change.ts';

const KEPT_ANSWERS = 1000;
const MICROS_PER_MILLISECOND = 1000;

export type ActionParts = Pick<LiveParts, 'engine' | 'changes'> & ShownRegistrations;

type Asked<Name extends keyof ConsoleActions> = Parameters<ConsoleActions[Name]>[0];

export class DaemonActions implements ConsoleActions {
  private readonly parts: ActionParts;
  private readonly administration: RunAdministration;
  private readonly draftFolder: Drafts;
  /** Answers by account and identifier, the oldest first. */
  private readonly answers = new Map<string, Promise<ActionResult>>();

  constructor(parts: ActionParts, administration: RunAdministration, drafts: Drafts) {
    this.parts = parts;
    this.administration = administration;
    this.draftFolder = drafts;
  }

  async previewReload(user: User): Promise<ReloadPreview> {
    const { result, problems, verdict } = await this.parts.changes.reloads.preview();
    return {
      result,
      problems: [...problems],
      verdict: verdict === null ? null : shownVerdict(verdict, this.parts, user),
    };
  }

  async drafts(): Promise<DraftList> {
    return { configured: this.draftFolder.isConfigured, names: await this.draftFolder.names() };
  }

  reload({ id }: Asked<'reload'>, user: User): Promise<ActionResult> {
    return this.once(id, user, () => ({ command: 'reload' }));
  }

  confirm({ id, sha256, date }: Asked<'confirm'>, user: User): Promise<ActionResult> {
    return this.once(id, user, () => ({ command: 'confirm', sha256, ...(date !== undefined && { date }) }));
  }

  resetBreaker({ id, trips }: Asked<'resetBreaker'>, user: User): Promise<ActionResult> {
    return this.once(id, user, () => {
      const inForce = this.parts.engine.admission.breaker.trips.map(({ timeUs }) => timeUs / MICROS_PER_MILLISECOND);
      if (inForce.some((time) => !trips.includes(time))) throw new ActionRefusal(reasonOf('another-trip'));
      return { command: 'reset' };
    });
  }

  clearHarm({ id, reason, hits }: Asked<'clearHarm'>, user: User): Promise<ActionResult> {
    return this.once(id, user, () => {
      const counted = this.parts.engine.decisions.counts.hits.total(HitKind.IN_FORCE);
      if (counted > hits) throw new ActionRefusal(reasonWith('more-hits', String(counted - hits)));
      return { command: 'clear-harm', reason };
    });
  }

  shadowOff({ id, policy }: Asked<'shadowOff'>, user: User): Promise<ActionResult> {
    return this.once(id, user, () => {
      const { shadow } = this.parts.engine;
      if (shadow !== null && shadow.rules.policy.sha256 !== policy) throw new ActionRefusal(reasonOf('another-draft'));
      return { command: 'shadow-off' };
    });
  }

  shadowRead({ id }: Asked<'shadowRead'>, user: User): Promise<ActionResult> {
    return this.once(id, user, () => ({ command: 'shadow-read' }));
  }

  shadowOn({ id, draft }: Asked<'shadowOn'>, user: User): Promise<ActionResult> {
    return this.once(id, user, async () => {
      const policy = await this.draftFolder.pathOf(draft);
      if (policy === null) throw new ActionRefusal(reasonWith('draft-unknown', draft));
      return { command: 'shadow-on', policy };
    });
  }

  /** Performs a request of an account once. A refusal is not kept: nothing was done. */
  private once(
    id: string,
    user: User,
    request: () => AdministrationRequest | Promise<AdministrationRequest>,
  ): Promise<ActionResult> {
    const key = `${id} ${user.name}`;
    const before = this.answers.get(key);
    if (before !== undefined) return before;
    const answer = this.perform(request, user);
    this.answers.set(key, answer);
    answer.catch(() => this.answers.delete(key));
    for (const oldest of this.answers.keys()) {
      if (this.answers.size <= KEPT_ANSWERS) break;
      this.answers.delete(oldest);
    }
    return answer;
  }

  private async perform(
    request: () => AdministrationRequest | Promise<AdministrationRequest>,
    { name }: User,
  ): Promise<ActionResult> {
    return resultOf(await this.administration.request(await request(), { via: 'console', account: name }));
  }
}

function resultOf(answer: Answered): ActionResult {
  const { ok, result, problem, problems, sha256, shadow, reset } = answer as Answered & {
    readonly sha256?: string;
    readonly reset?: boolean;
  };
  const ofShadow = shadow && 'problems' in shadow ? shadow.problems : [];
  return {
    ok,
    result: result ?? (reset === false ? 'unchanged' : ok ? 'success' : 'failure'),
    problems: [...(problems ?? []), ...ofShadow],
    ...(problem !== undefined && { problem }),
    ...(sha256 !== undefined && { sha256 }),
  };
}
