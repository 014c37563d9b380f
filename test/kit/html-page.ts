/**
 * Reads an HTML page strictly, without the repairs of a browser: every element that begins ends in its place, every attribute is
 * quoted and stands once. Throws where the page is not so.
 */

export interface Element {
  readonly tag: string;
  readonly attributes: Readonly<Record<string, string>>;
  /** The text of this element and of those in it, with entities resolved. */
  text: string;
  readonly parent: Element | null;
  /** In order; text pieces are left out. */
  readonly children: Element[];
}

const VOID = new Set(['meta', 'br', 'link', 'img', 'hr', 'input']);
const ENTITIES: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', '#39': "'" };
const TAG = /<(\/?)([a-zA-Z][a-zA-Z0-9]*)((?:\s+[a-zA-Z][a-zA-Z0-9-]*="[^"<>]*")*)\s*(\/?)>/y;
const ATTRIBUTE = /([a-zA-Z][a-zA-Z0-9-]*)="([^"]*)"/g;

/** All elements in the order in which they begin. */
export function readPage(page: string): Element[] {
  const doctype = '<!DOCTYPE html>';
  if (!page.startsWith(doctype)) throw new Error('the page has no doctype');
  const elements: Element[] = [];
  let open: Element | null = null;
  let at = doctype.length;
  while (at < page.length) {
    const next = page.indexOf('<', at);
    const text = page.slice(at, next === -1 ? page.length : next);
    if (open?.tag !== 'style') addText(open, resolved(text));
    if (next === -1) break;
    TAG.lastIndex = next;
    const tag = TAG.exec(page);
    if (tag === null) throw new Error(`no tag: ${page.slice(next, next + 60)}`);
    at = TAG.lastIndex;
    const [, slash, name, attributes, selfClosing] = tag;
    if (slash === '/') {
      if (open?.tag !== name) throw new Error(`</${name!}> ends <${open?.tag ?? 'nothing'}>`);
      open = open!.parent;
      continue;
    }
    const element: Element = {
      tag: name!,
      attributes: attributesOf(attributes!),
      text: '',
      parent: open,
      children: [],
    };
    open?.children.push(element);
    elements.push(element);
    if (selfClosing !== '/' && !VOID.has(name!)) open = element;
  }
  if (open !== null) throw new Error(`<${open.tag}> does not end`);
  return elements;
}

export function isInside(element: Element, tag: string): boolean {
  for (let at: Element | null = element; at !== null; at = at.parent) if (at.tag === tag) return true;
  return false;
}

function addText(open: Element | null, text: string): void {
  for (let at = open; at !== null; at = at.parent) at.text += text;
}

function attributesOf(text: string): Record<string, string> {
  const attributes: Record<string, string> = {};
  for (const [, name, value] of text.matchAll(ATTRIBUTE)) {
    if (Object.hasOwn(attributes, name!)) throw new Error(`the attribute ${name!} stands twice`);
    attributes[name!] = resolved(value!);
  }
  return attributes;
}

function resolved(text: string): string {
  return text.replace(/&([a-z0-9#]*;?)/g, (_, entity: string) => {
    const character = entity.endsWith(';') ? ENTITIES[entity.slice(0, -1)] : undefined;
    if (character === undefined) throw new Error(`no entity: &${entity}`);
    return character;
  });
}
