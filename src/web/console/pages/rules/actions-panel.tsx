/** The actions of an operator. Others see none of them, and the daemon refuses them too. */
import type { RulesDocument } from '../../../api/rules-schema.ts';
import { Panel } from '../../component/panel.tsx';
import { text } from '../../text/catalogue.ts';
import { ClearAction } from './clear-action.tsx';
import { DraftActions } from './draft-actions.tsx';
import { ReloadAction } from './reload-action.tsx';
import { ResetAction } from './reset-action.tsx';

export function ActionsPanel({ document, done }: { document: RulesDocument; done: () => void }) {
  return (
    <Panel title={text.action.title} size="wide" isScreenOnly footer={text.action.intro}>
      <div class="rule-actions">
        <ReloadAction done={done} />
        <ResetAction document={document} done={done} />
        <ClearAction document={document} done={done} />
        <DraftActions document={document} done={done} />
      </div>
    </Panel>
  );
}
