/** A link to a table's rows as CSV. */
import { text } from '../text/catalogue.ts';

/** `path` is that of the API, with its query. `name`: what the rows are, for those who only hear the link. */
export function CsvLink({ path, name }: { path: string; name: string }) {
  return (
    <a href={`/api/v1${path}`} download>
      {text.component.csv}
      <span class="hidden-text"> {name}</span>
    </a>
  );
}
