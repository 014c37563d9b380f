/** What the decision does to packets: the rule, the mode, the breaker, and what holds for the flow now. */
import { ActionBadge, ModeBadge } from '../../component/badge.tsx';
import { Panel } from '../../component/panel.tsx';
import { Time } from '../../component/time.tsx';
import { count } from '../../format/number-format.ts';
import { Link } from '../../shell/link.tsx';
import { text } from '../../text/catalogue.ts';
import type { PartProps } from './explanation-page.tsx';
import { Fact, Facts } from './facts.tsx';
import { outcomeOf } from './outcome.ts';

const words = text.explanation;
const { facts } = words;

export function OutcomePanel({ data, zone }: PartProps) {
  const { kept, now } = data;
  const { decision, rules } = kept;
  const isEarlier = decision.number < 1;
  return (
    <Panel title={words.outcome.title}>
      <p class="outcome">{words.outcome[outcomeOf(decision, rules.mode)]}</p>
      <Facts>
        <Fact name={facts.action}>
          <ActionBadge action={decision.action} />
        </Fact>
        <Fact name={facts.before}>
          {decision.previous === null ? (
            <span class="muted">{words.first}</span>
          ) : (
            <ActionBadge action={decision.previous} />
          )}
        </Fact>
        <Fact name={facts.rule}>
          {decision.rule === null ? words.noRule : <Link to={ruleAddress(decision.rule)}>{decision.rule}</Link>}
        </Fact>
        {rules.rule !== null && <Fact name={facts.does}>{words.does(rules.rule)}</Fact>}
        <Fact name={facts.mode}>
          <ModeBadge mode={decision.mode} />
        </Fact>
        <Fact name={facts.decided}>
          <Time ms={Date.parse(decision.time)} zone={zone} />
        </Fact>
        {!isEarlier && <Fact name={facts.number}>{count(decision.number)}</Fact>}
        <Fact name={facts.policy}>
          {rules.policy} <span class="muted mono">{rules.policy_sha256.slice(0, 12)}</span>
        </Fact>
        {!isEarlier && (
          <Fact name={facts.now}>{now.flow === null ? words.flowsNow : <Decided {...now.flow.decided} />}</Fact>
        )}
        {!isEarlier && now.shadow !== null && (
          <Fact name={facts.shadow}>
            {now.flow?.shadow == null ? (
              words.shadowEnded(now.shadow)
            ) : (
              <>
                {now.shadow}: <Decided {...now.flow.shadow} />
              </>
            )}
          </Fact>
        )}
      </Facts>
    </Panel>
  );
}

function Decided({ action, rule }: { action: string; rule: string | null }) {
  return (
    <>
      <ActionBadge action={action} /> {words.by(rule ?? words.byNoRule)}
    </>
  );
}

/** The rule on the page of rules. */
export function ruleAddress(rule: string): string {
  return `/rules?rule=${encodeURIComponent(rule)}`;
}
