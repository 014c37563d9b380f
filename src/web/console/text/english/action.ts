/** Texts of what an operator does: the dialogs before, and the results after. */
import { number as count } from '../../../../core/count-text.ts';

export const action = {
  title: 'Actions',
  intro: 'Each action asks first, is recorded with your account, and does nothing twice.',
  none: (why: string): string => `Actions are not possible here: ${why}.`,
  working: 'Working…',
  results: {
    success: 'Done.',
    unchanged: 'Nothing had to be changed.',
    refused: 'Refused: the change exceeds the limits. It waits for a confirmation.',
    failure: 'Not done.',
  } as Record<string, string>,
  failed: (problem: string): string => `Not done: ${problem}${problem.endsWith('.') ? '' : '.'}`,
  because: (reason: string): string => `Because: ${reason}.`,
  problems: (number: number, areInFiles: boolean): string => {
    const problems = number === 1 ? '1 problem' : `${count(number)} problems`;
    return areInFiles ? `${problems} in the files` : problems;
  },
  /** `isInFile`: a place is before it. */
  problem: (severity: 'error' | 'warning', reason: string, isInFile: boolean): string =>
    isInFile ? `${severity}: ${reason}` : reason,
  reload: {
    open: 'Reload rules…',
    title: 'Reload policy and registry?',
    do: 'Reload',
    trying: 'The files are read and tried on the flows of the last hour. Nothing changes yet.',
    outcomes: {
      success: 'The files are valid, and the change is within the limits.',
      unchanged: 'The files have the rules in use. A reload changes nothing.',
      refused: 'The change exceeds the limits. A reload is refused until this very change is confirmed.',
      failure: 'The files are not valid. A reload leaves the rules in use as they are.',
    } as Record<string, string>,
  },
  confirm: {
    open: 'Confirm these rules…',
    title: 'Confirm in spite of the limits?',
    do: 'Confirm',
    what: (about: string): string => `This lets the change take effect: ${about}`,
  },
  reset: {
    open: 'Reset the breaker…',
    title: 'Reset the breaker?',
    do: 'Reset',
    what: 'Enforcement goes on as the policy says, from the next packet on.',
    none: 'The breaker has not tripped.',
  },
  clear: {
    open: 'Clear registered hits…',
    title: 'Set the counts of registered hits to 0?',
    do: 'Clear',
    what: (hits: string): string =>
      `${hits} registered hits are counted. Their alert ends, and the reason is recorded.`,
    reason: 'Reason',
    none: 'No registered hit is counted.',
  },
  draft: {
    begin: 'Try a draft…',
    beginTitle: 'Let a draft decide beside the rules?',
    beginOther: 'Try another draft…',
    beginOtherTitle: 'Let another draft decide beside the rules?',
    beginDo: 'Try it',
    beginWhat: 'The draft decides the same flows and never acts.',
    replaces: (name: string): string => `It takes the place of draft ${name}, whose counts are gone then.`,
    none: 'No draft decides beside the rules.',
    choose: 'Draft',
    noFolder: 'This daemon has no folder of drafts (--drafts).',
    noDrafts: 'The folder of drafts has no policy.',
    read: 'Read the draft again…',
    readTitle: 'Read the draft again?',
    readDo: 'Read',
    readWhat: 'A changed draft replaces this one, and its counts begin again.',
    end: 'End the draft…',
    endTitle: 'End the draft?',
    endDo: 'End it',
    endWhat: 'The draft decides no longer, and its counts are gone. The rules in use stay as they are.',
  },
};
