/** The form of an application. The kind of applicant decides what is asked. */
import { PROTOCOL_NAMES, PROTOCOL_TITLES } from '../../core/protocol.ts';
import { KINDS, KIND_NAMES, type KindName } from '../model/kind.ts';
import type { Sector } from '../store/sector-store.ts';
import type { Isp } from '../store/settings.ts';
import { boxes, choiceField, fileField, hidden, textArea, textField } from './field.ts';
import { type Html, html, type Piece } from './html.ts';
import { problems as problemList } from './layout.ts';

/** What is in the fields; empty at first. */
export type Values = Readonly<Record<string, string>> & { readonly protocols?: string };

export interface FormParts {
  readonly kind: KindName;
  /** Where it is sent. */
  readonly action: string;
  readonly key: string;
  readonly isps: readonly Isp[];
  readonly sectors: readonly Sector[];
  readonly values: Values;
  readonly problems: readonly string[];
  /** A change or renewal keeps who applies, and needs no paper. */
  readonly isChange: boolean;
}

export function kindChoice(): Html {
  return html`<p>Choose who applies. The form asks only what is needed for that.</p>
    <ul class="choice-list">
      ${KIND_NAMES.map((kind) => html`<li><a href="/apply/${kind}">${KINDS[kind].title}</a></li>`)}
    </ul>
    <p class="muted">You need no account. You get a reference and a secret link to follow your application.</p>`;
}

export function applicationForm({ kind, action, key, isps, sectors, values, problems, isChange }: FormParts): Html {
  return html`${problemList(problems)}
    <form class="desk-form" method="post" action="${action}" enctype="multipart/form-data" data-check="addresses">
      ${hidden('key', key)} ${!isChange && whoApplies(kind, values, sectors)}
      <fieldset>
        <legend>Connection</legend>
        ${choiceField(
          { name: 'isp', label: 'Internet provider', value: values.isp ?? '', isRequired: true },
          isps.filter(({ isActive }) => isActive).map(({ name, title }) => ({ value: name, title })),
        )}
        ${textField({
          name: 'subscriber',
          label: 'Subscriber or contract number there',
          value: values.subscriber ?? '',
          isRequired: true,
        })}
        ${textArea({
          name: 'own',
          label: 'Your own static addresses',
          hint:
            'One on each line: 198.51.100.7, 198.51.100.16/29, or a range 198.51.100.16–198.51.100.31. IPv6 too. ' +
            'Leave it empty if you have none.',
          value: values.own ?? '',
        })}
        ${textArea({
          name: 'far',
          label: 'Far ends: the addresses of the VPN servers or offices',
          hint: 'Needed where you have no static address of your own.',
          value: values.far ?? '',
        })}
        ${boxes(
          'Protocols (none ticked: any)',
          'protocols',
          PROTOCOL_NAMES.slice(1).map((name) => ({ value: name, title: PROTOCOL_TITLES[name]! })),
          (values.protocols ?? '').split(';'),
        )}
      </fieldset>
      <fieldset>
        <legend>Purpose and period</legend>
        ${textArea({ name: 'purpose', label: 'What the VPN is for', value: values.purpose ?? '', isRequired: true })}
        <div class="pair">
          ${textField({ name: 'validFrom', label: 'From', value: values.validFrom ?? '', isRequired: true }, 'date')}
          ${textField(
            { name: 'validUntil', label: 'Until, with that day', value: values.validUntil ?? '', isRequired: true },
            'date',
          )}
        </div>
      </fieldset>
      ${
        !isChange &&
        html`<fieldset>
          <legend>Evidence</legend>
          ${fileField({
            name: 'evidence',
            label: KINDS[kind].evidence,
            hint: 'PDF, PNG or JPEG, up to 5 MB.',
            isRequired: true,
          })}
        </fieldset>`
      }
      <p><button class="primary">Send</button></p>
    </form>`;
}

function whoApplies(kind: KindName, values: Values, sectors: readonly Sector[]): Piece {
  const { isPerson, sector } = KINDS[kind];
  return html`<fieldset>
    <legend>Who applies</legend>
    ${
      isPerson
        ? textField({
            name: 'person',
            label: 'Your name',
            hint: 'The registry has the word “freelancer” and your reference, never your name.',
            value: values.person ?? '',
            isRequired: true,
            autocomplete: 'name',
          })
        : textField({
            name: 'organisation',
            label: 'Name of the organisation',
            value: values.organisation ?? '',
            isRequired: true,
            autocomplete: 'organization',
          })
    }
    ${
      sector === null &&
      choiceField(
        { name: 'sector', label: 'Sector', value: values.sector ?? '', isRequired: true },
        sectors.filter(({ isOffered }) => isOffered).map(({ name, title }) => ({ value: name, title })),
      )
    }
    ${textField({
      name: 'contact',
      label: 'Contact person',
      value: values.contact ?? '',
      isRequired: true,
      autocomplete: 'name',
    })}
    ${textField(
      { name: 'mail', label: 'E-mail', value: values.mail ?? '', isRequired: true, autocomplete: 'email' },
      'email',
    )}
    ${textField({ name: 'phone', label: 'Telephone', value: values.phone ?? '', autocomplete: 'tel' }, 'tel')}
  </fieldset>`;
}
