/** How the report came about: program, command line, inputs and rules with their hashes. */
import type { Provenance } from '../../output/provenance/provenance.ts';
import { bytes, time } from './figure-text.ts';
import { html, type Html, name, NOTHING, type Part } from './html.ts';
import type { Section } from './page.ts';
import { table, terms } from './table.ts';

export function provenanceSection(provenance: Provenance): Section {
  const { version, commit, command, node, platform, started, ended, mode, complete, interrupted } = provenance;
  return {
    title: 'How this report came about',
    body: html`<p>
        With these files and this program the same figures come about again. A SHA-256 hash names the content of a file.
      </p>
      ${terms([
        ['Program', html`Sluice ${name(version)}, commit ${name(commit)}, Node ${name(node)}, ${name(platform)}`],
        ['Command', html`<code>sluice ${command.map((argument) => html`${name(argument)} `)}</code>`],
        ['Run', html`from ${time(started)} to ${time(ended)} UTC`],
        ['Mode', mode],
        ['Complete', completeText(complete, interrupted !== null)],
      ])}${inputTable(provenance)}${rulesTable(provenance)}`,
  };
}

function completeText(isComplete: boolean, isInterrupted: boolean): string {
  if (isComplete) return 'yes, all captures were read to their ends';
  return isInterrupted ? 'no, the run was interrupted' : 'no, some captures were not read to their ends';
}

function inputTable({ inputs }: Provenance): Html {
  if (inputs.length === 0) return NOTHING;
  return table(
    { caption: 'Captures that were read', head: ['file', 'size', 'SHA-256'], texts: 3 },
    inputs.map(({ file, bytes: size, sha256, unhashed }) => [
      name(file),
      size === null ? 'unknown' : bytes(size),
      hashText(sha256, unhashed),
    ]),
  );
}

function hashText(sha256: string | null, unhashed = 'not computed'): Part {
  return sha256 === null ? name(unhashed) : html`<code class="hash">${name(sha256)}</code>`;
}

/** What names a set of rules where there are several: its letter, as in the sections before. */
export function setPrefix(rules: readonly unknown[], at: number): string {
  return rules.length > 1 ? `${String.fromCharCode('A'.charCodeAt(0) + at)}: ` : '';
}

function rulesTable({ rules }: Provenance): Html {
  const rows = rules.flatMap(({ policy, registry }, at) => {
    const which = setPrefix(rules, at);
    return [
      [`${which}policy`, name(policy.file), bytes(policy.bytes), hashText(policy.sha256)],
      [`${which}registry`, name(registry.file), bytes(registry.bytes), hashText(registry.sha256)],
    ];
  });
  return table({ caption: 'Rules', head: ['what', 'file', 'size', 'SHA-256'], texts: 4 }, rows);
}
