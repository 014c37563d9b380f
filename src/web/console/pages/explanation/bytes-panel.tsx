/** The bytes that evidence is of, from captures that are kept: read when they are asked for. */
import { useState } from 'preact/hooks';
import type { DecisionBytes } from '../../../api/decision-schema.ts';
import { Empty } from '../../component/empty.tsx';
import { ErrorState } from '../../component/error-state.tsx';
import { Loading } from '../../component/loading.tsx';
import { Panel } from '../../component/panel.tsx';
import { count } from '../../format/number-format.ts';
import { useApi } from '../../live/use-api.ts';
import { text } from '../../text/catalogue.ts';
import type { PartProps } from './explanation-page.tsx';
import { nameOf } from './flow-panel.tsx';

const words = text.explanation.bytes;

export function BytesPanel({ data: { kept, now } }: PartProps) {
  const [isAsked, setIsAsked] = useState(false);
  const { number, flow_id: flowId } = kept.decision;
  const path = `/decisions/${number}-${flowId}/bytes`;
  return (
    <Panel title={words.title} size="wide" footer={now.bytes === 'kept' ? words.footer : undefined}>
      {now.bytes !== 'kept' ? (
        <p class="muted">{words[now.bytes === 'hidden' ? 'hidden' : number < 1 ? 'earlier' : 'notKept']}</p>
      ) : isAsked ? (
        <Dumps path={path} />
      ) : (
        <button
          type="button"
          onClick={() => {
            setIsAsked(true);
          }}
        >
          {words.show}
        </button>
      )}
    </Panel>
  );
}

function Dumps({ path }: { path: string }) {
  const { data, problem, reload } = useApi<DecisionBytes>(path);
  if (problem !== null) return <ErrorState problem={problem} retry={reload} />;
  if (data === null) return <Loading />;
  if (data.packets.length === 0) return <Empty>{words.empty}</Empty>;
  return (
    <>
      {data.packets.map(({ file, packet, length, start, dump }) => {
        const name = words.of(count(packet), nameOf(file), count(length), count(start));
        return (
          <figure key={`${file} ${packet} ${start}`} class="bytes">
            <figcaption class="muted small">{name}</figcaption>
            <pre role="region" tabIndex={0} aria-label={name}>
              {dump.join('\n')}
            </pre>
          </figure>
        );
      })}
    </>
  );
}
