/** One registration: its row, its validity, and the decisions that cite it. */
import type { RegistrationAnswer, RegistrationView } from '../../../api/registry-schema.ts';
import { ErrorState } from '../../component/error-state.tsx';
import { Loading } from '../../component/loading.tsx';
import { Panel } from '../../component/panel.tsx';
import { Time } from '../../component/time.tsx';
import { count } from '../../format/number-format.ts';
import { useApi } from '../../live/use-api.ts';
import { Link } from '../../shell/link.tsx';
import { changedQuery, type Place, queryText } from '../../shell/router.ts';
import { sectorName } from '../../format/sector-name.ts';
import { text } from '../../text/catalogue.ts';
import { protocolWords, Validity } from './registration-columns.tsx';

const words = text.registryPage;

export function RegistrationPanel({ row, place, zone }: { row: string; place: Place; zone: string }) {
  const { data, problem } = useApi<RegistrationAnswer>(
    `/registry/registration?${new URLSearchParams({ row }).toString()}`,
  );
  const back = `${place.path}${queryText(changedQuery(place.query, { row: null }))}`;
  return (
    <Panel
      title={data === null ? words.search : words.view(data.registration.prefix)}
      size="wide"
      actions={<Link to={back}>{words.close}</Link>}
    >
      {problem !== null && <ErrorState problem={problem} />}
      {data === null && problem === null && <Loading />}
      {data !== null && <Fields registration={data.registration} zone={zone} />}
    </Panel>
  );
}

function Fields({ registration, zone }: { registration: RegistrationView; zone: string }) {
  const { holder, sector, protocols, valid_from_ms: from, valid_until_ms: until, reference, line } = registration;
  const { columns } = words;
  const decisions = `/decisions?${new URLSearchParams({ q: reference }).toString()}`;
  const fields = [
    [columns.holder, holder],
    [columns.sector, sectorName(sector)],
    [columns.protocols, protocolWords(protocols)],
    [columns.validity, <Validity key="validity" registration={registration} />],
    [columns.validFrom, from === null ? words.open : <Time key="from" ms={from} zone={zone} />],
    [columns.validUntil, until === null ? words.open : <Time key="until" ms={until} zone={zone} />],
    [columns.reference, reference === '' ? words.noReference : reference],
    [columns.line, count(line)],
  ] as const;
  return (
    <>
      <dl class="registration-facts">
        {fields.map(([name, value]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
      {reference === '' ? (
        <p class="muted">{words.decisionsNone}</p>
      ) : (
        <p>
          <Link to={decisions}>{words.decisions}</Link>
        </p>
      )}
    </>
  );
}
