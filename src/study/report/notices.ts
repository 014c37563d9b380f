/**
 * What a reader has to know before any figure: a run that was interrupted, captures that were not read to their end.
 */
import type { FilesBackFields } from '../../output/capture/files-back.ts';
import type { InterruptionFields } from '../../output/summary/interruption.ts';
import { bytes, count, counted, percent, span, time } from './figure-text.ts';
import { html, type Html, name, NOTHING } from './html.ts';

/** Incomplete captures that are listed; the rest is counted. */
const LISTED = 10;

export interface Completeness {
  readonly captures: number;
  readonly interrupted: InterruptionFields | null;
  readonly incomplete: readonly { readonly file: string; readonly message: string }[];
  readonly files_back_in_time: FilesBackFields | null;
}

/** `packets` were read; `showsFiles`: names and numbers of files may be shown. */
export function noticesOf(data: Completeness, packets: number, showsFiles: boolean): Html[] {
  const { interrupted, incomplete, files_back_in_time: back } = data;
  const notices: Html[] = [];
  if (interrupted !== null) notices.push(interruptionNotice(interrupted, showsFiles));
  if (incomplete.length > 0) notices.push(incompleteNotice(data, showsFiles));
  if (packets === 0) notices.push(html`<strong>No packet was read.</strong> The zeros here say nothing of VPNs.`);
  if (back !== null && showsFiles)
    notices.push(
      html`<strong>Captures out of order.</strong> ${counted(back.count, 'file')} began before the end of the file
        before, by up to ${span(back.largest.seconds)}. They were read as one capture, so flows with the same addresses
        and ports were joined across files.`,
    );
  return notices;
}

function interruptionNotice(interrupted: InterruptionFields, showsFiles: boolean): Html {
  if (!showsFiles)
    return html`<strong>This run was interrupted.</strong> The figures cover only what was read until then.`;
  const { signal, file, file_number: number, files, packet, bytes_read: read, bytes_total: total, share } = interrupted;
  const where = html` of ${file === '-' ? 'standard input' : name(file)}`;
  const when = interrupted.time === null ? NOTHING : html`, packet time ${time(interrupted.time)}`;
  const far =
    share === null || total === null ? NOTHING : html` (${bytes(read)} of ${bytes(total)}, ${percent(share)})`;
  return html`<strong>This run was interrupted.</strong> The signal ${signal} ended it after packet
    ${count(packet)}${where}, file ${count(number)} of ${count(files)}${when}${far}. The figures cover only what was
    read until then.`;
}

function incompleteNotice({ captures, incomplete }: Completeness, showsFiles: boolean): Html {
  if (!showsFiles) return html`<strong>Incomplete captures.</strong> Some captures could not be read to the end.`;
  const which = html`${counted(incomplete.length, 'capture')} of ${count(captures)} could not be read to the end. What
  was readable is in the figures.`;
  const listed = incomplete.slice(0, LISTED).map(({ file, message }) => html`<br />${name(file)}: ${name(message)}`);
  const more = incomplete.length > LISTED ? html`<br />The others are listed in the JSON.` : NOTHING;
  return html`<strong>Incomplete captures.</strong> ${which}${listed}${more}`;
}
