/** Holds the place of what is being loaded. */
import { text } from '../text/catalogue.ts';

export function Loading() {
  return (
    <div class="skeleton" role="status">
      {text.component.loading}
    </div>
  );
}
