/** Incidents on a line of time, a lane for each kind. The table beside it says the same in words. */
import type { ShownIncident } from '../../../../history/query/incident-list.ts';
import { timeRange, zoneName } from '../../format/time-format.ts';
import { text } from '../../text/catalogue.ts';
import { kindName, severityOf } from './incident-words.ts';

const WIDTH = 1000;
const LANE = 26;
const NARROWEST = 4;

export function TimeLine({
  incidents,
  fromMs,
  toMs,
  zone,
}: {
  incidents: readonly ShownIncident[];
  fromMs: number;
  toMs: number;
  zone: string;
}) {
  const kinds = [...new Set(incidents.map(({ kind }) => kind))];
  const lanes = kinds.map((kind) => incidents.filter((one) => one.kind === kind));
  const place = (ms: number): number => ((Math.min(Math.max(ms, fromMs), toMs) - fromMs) / (toMs - fromMs)) * WIDTH;
  const label = lanes.map((lane) => text.incidents.lane(kindName(lane[0]!.kind), lane.length)).join(' ');
  return (
    <div class="time-line" role="img" aria-label={text.incidents.timeLineLabel(label)}>
      {lanes.map((lane) => (
        <div class="lane" key={lane[0]!.kind}>
          <span class="lane-name small">{kindName(lane[0]!.kind)}</span>
          <svg viewBox={`0 0 ${WIDTH} ${LANE}`} preserveAspectRatio="none" aria-hidden="true">
            <rect class="track" width={WIDTH} height={LANE} />
            {lane.map((incident) => {
              const left = place(incident.from_ms);
              const width = Math.max(NARROWEST, place(incident.to_ms ?? toMs) - left);
              const x = Math.min(left, WIDTH - width);
              return (
                <rect key={incident.id} class={severityOf(incident)} x={x} y={4} width={width} height={LANE - 8} />
              );
            })}
          </svg>
        </div>
      ))}
      <p class="small muted">
        {timeRange(fromMs, toMs, zone)} {zoneName(zone)}
      </p>
    </div>
  );
}
