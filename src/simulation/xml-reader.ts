export interface XmlElement {
  readonly name: string;
  readonly attributes: ReadonlyMap<string, string>;
  readonly children: XmlElement[];
  /** The character data directly in it, that of its children left out. */
  text: string;
}

/** One step of the scan: a comment, a CDATA section, an instruction, a tag, or text. */
const token =
  /<!--[\s\S]*?-->|<!\[CDATA\[(?<cdata>[\s\S]*?)\]\]>|<\?[\s\S]*?\?>|<\/(?<close>[\w:.-]+)\s*>|<(?<open>[\w:.-]+)(?<attributes>(?:\s+[\w:.-]+\s*=\s*(?:"[^"<]*"|'[^'<]*'))*)\s*(?<empty>\/?)>|(?<text>[^<]+)/gy;

const attribute = /([\w:.-]+)\s*=\s*(?:"([^"]*)"|'([^']*)')/g;

/**
 * Reads a small XML document: elements, attributes, text, CDATA, comments, processing instructions, the five
 * named entities and numeric ones. No DTD, hence no entity of anybody's own.
 * @throws SyntaxError with what is wrong.
 */
export function readXml(source: string): XmlElement {
  const document = source.replace(/^\uFEFF/, "");
  const top: XmlElement = { name: "", attributes: new Map(), children: [], text: "" };
  const open = [top];
  let end = 0;
  for (const match of document.matchAll(token)) {
    end = match.index + match[0].length;
    takeToken(match.groups ?? {}, open);
  }
  if (end !== document.length) throw new SyntaxError(`not XML at position ${end}`);
  const root = top.children[0];
  if (open.length > 1 || root === undefined || top.children.length > 1 || top.text.trim() !== "") {
    throw new SyntaxError("not one whole element");
  }
  return root;
}

function takeToken(groups: Readonly<Record<string, string | undefined>>, open: XmlElement[]): void {
  const parent = open.at(-1) as XmlElement;
  if (groups.cdata !== undefined) {
    parent.text += groups.cdata;
  } else if (groups.text !== undefined) {
    parent.text += unescapeXml(groups.text);
  } else if (groups.open !== undefined) {
    const attributes = readAttributes(groups.attributes ?? "");
    const element: XmlElement = { name: groups.open, attributes, children: [], text: "" };
    parent.children.push(element);
    if (groups.empty !== "/") open.push(element);
  } else if (groups.close !== undefined) {
    if (open.length < 2 || parent.name !== groups.close) throw new SyntaxError(`stray </${groups.close}>`);
    open.pop();
  }
}

function readAttributes(source: string): Map<string, string> {
  const attributes = new Map<string, string>();
  for (const [, name = "", double, single] of source.matchAll(attribute)) {
    if (attributes.has(name)) throw new SyntaxError(`attribute ${name} is given twice`);
    attributes.set(name, unescapeXml(double ?? single ?? ""));
  }
  return attributes;
}

const named: Readonly<Record<string, string>> = { amp: "&", lt: "<", gt: ">", quot: '"', apos: "'" };

function unescapeXml(text: string): string {
  return text.replace(/&(?:#x([\da-f]+)|#(\d+)|(\w+));|&/gi, (whole, hex, decimal, name) => {
    const code = hex === undefined ? Number(decimal) : Number.parseInt(hex, 16);
    const character = name === undefined ? codePoint(code) : named[name];
    if (character === undefined) throw new SyntaxError(`bad entity ${whole}`);
    return character;
  });
}

function codePoint(code: number): string | undefined {
  return code > 0 && code <= 0x10ffff ? String.fromCodePoint(code) : undefined;
}
