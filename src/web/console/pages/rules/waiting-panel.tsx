/** Rules that were refused, with their figures, and their confirmation for those who may. */
import type { RulesDocument } from '../../../api/rules-schema.ts';
import { ConfirmAction } from '../../action/confirm-action.tsx';
import { VerdictFigures } from '../../action/verdict-figures.tsx';
import { Note } from '../../component/note.tsx';
import { Panel } from '../../component/panel.tsx';
import { text } from '../../text/catalogue.ts';

export function WaitingPanel(props: { document: RulesDocument; mayAct: boolean; done: () => void }) {
  const { document, mayAct, done } = props;
  const verdict = document.waiting.rules;
  const words = text.rulesPage;
  if (verdict === null) return null;
  return (
    <Panel title={words.waitingTitle} size="wide">
      <Note severity="critical">
        <p>{words.waitingRules}</p>
        <p class="rules-hash small">
          {text.rulesPage.hash} <code>{verdict.sha256}</code>
        </p>
      </Note>
      <VerdictFigures verdict={verdict} />
      {mayAct && (
        <p>
          <ConfirmAction
            label={text.action.confirm.open}
            about={words.waitingHash(verdict.sha256)}
            verdict={verdict}
            body={{ sha256: verdict.sha256 }}
            done={done}
          />
        </p>
      )}
    </Panel>
  );
}
