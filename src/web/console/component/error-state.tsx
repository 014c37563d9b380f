/** Says that something could not be loaded, with the daemon's reason. */
import { text } from '../text/catalogue.ts';
import { CommandWords } from './command-words.tsx';
import { Note } from './note.tsx';

export function ErrorState({ problem, retry }: { problem: string; retry?: () => void }) {
  return (
    <Note severity="critical" isUrgent>
      <p>
        <CommandWords words={text.component.failed(problem)} />
      </p>
      {retry !== undefined && (
        <button type="button" class="quiet" onClick={retry}>
          {text.component.retry}
        </button>
      )}
    </Note>
  );
}
