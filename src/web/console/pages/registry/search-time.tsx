/** The time of a search, in the site's zone; without it, now. It is in the address. */
import { useId } from 'preact/hooks';
import { zoneName } from '../../format/time-format.ts';
import { changeQuery, type Place } from '../../shell/router.ts';
import { text } from '../../text/catalogue.ts';

export function SearchTime({ place, zone }: { place: Place; zone: string }) {
  const id = useId();
  return (
    <div class="field search-time">
      <label for={id}>
        {text.registryPage.searchAt} ({zoneName(zone)})
      </label>
      <input
        id={id}
        type="datetime-local"
        value={place.query.get('at') ?? ''}
        onChange={({ currentTarget }) => {
          changeQuery({ at: currentTarget.value });
        }}
      />
    </div>
  );
}
