/** The figures of a change of rules: registered users first, then the limits that it exceeds. */
import type { ComponentChildren } from 'preact';
import type { ChangeFigures, ChangeVerdict } from '../../api/rules-schema.ts';
import { Figure, Figures } from '../component/figure.tsx';
import { clients, count } from '../format/number-format.ts';
import { sectorName } from '../format/sector-name.ts';
import { text } from '../text/catalogue.ts';
import './action.css';

export function VerdictFigures({ verdict: { figures, registrations, reasons } }: { verdict: ChangeVerdict }) {
  const words = text.change;
  return (
    <div class="change">
      <ChangeFiguresView figures={figures}>
        <Figure
          name={words.registrationsLost}
          value={count(registrations.lost)}
          meaning={words.ofRegistrations(count(registrations.before))}
        />
      </ChangeFiguresView>
      {reasons.length > 0 && (
        <>
          <h3>{words.reasons}</h3>
          <ul>
            {reasons.map(words.reason).map((reason) => (
              <li key={reason}>{reason}</li>
            ))}
          </ul>
        </>
      )}
    </div>
  );
}

export function ChangeFiguresView({
  figures,
  children,
}: {
  figures: Omit<ChangeFigures, 'clients' | 'users' | 'hits_by_rule' | 'actions' | 'flows'> & Partial<ChangeFigures>;
  children?: ComponentChildren;
}) {
  const words = text.change;
  return (
    <div class="change">
      <Figures>
        <Figure
          name={words.registeredHit}
          value={clients(figures.registered_hit)}
          severity={figures.registered_hit > 0 ? 'critical' : 'good'}
          meaning={words.mayNot}
        />
        <Figure
          name={words.deregistered}
          value={clients(figures.deregistered)}
          severity={figures.deregistered > 0 ? 'warning' : 'good'}
        />
        <Figure
          name={words.newlyHit}
          value={clients(figures.newly_hit)}
          {...(figures.clients !== undefined && { meaning: words.ofClients(clients(figures.clients)) })}
        />
        <Figure name={words.noLongerHit} value={clients(figures.no_longer_hit)} />
        {children}
      </Figures>
      <RegisteredUsers users={figures.users ?? []} />
      {figures.flows_left_out > 0 && <p class="small muted">{words.leftOut(count(figures.flows_left_out))}</p>}
    </div>
  );
}

function RegisteredUsers({ users }: { users: ChangeFigures['users'] }) {
  const words = text.change;
  if (users.length === 0) return null;
  return (
    <>
      <h3>{words.users}</h3>
      <ul>
        {users.map(({ rule, sector, holder, prefix, reference }, at) => (
          <li key={at}>
            {holder === null || prefix === null
              ? words.user(sectorName(sector), rule)
              : words.knownUser(holder, prefix, reference ?? '', rule)}
          </li>
        ))}
      </ul>
    </>
  );
}
