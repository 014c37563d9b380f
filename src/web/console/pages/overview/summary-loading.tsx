/** Holds the place of the state in a sentence while it is not known. */
import { text } from '../../text/catalogue.ts';

export function SummaryLoading() {
  return (
    <div class="summary" role="status">
      <p class="muted">{text.component.loading}</p>
    </div>
  );
}
