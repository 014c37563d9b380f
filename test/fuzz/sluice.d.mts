interface Checked {
  checkInvariants: () => void;
}

export class EngineRun {
  readonly name: string;
  readonly tracker: Checked;
  readonly decisions: Checked;
  process: (this: EngineRun, batch: unknown) => void;
  checkInvariants: (this: EngineRun) => void;
}
