import { Buffer } from "node:buffer";
import type { DefaultTreeAdapterTypes } from "parse5";
import { parse } from "parse5";

/** What a person would read of a mail first. */
export interface MailText {
  readonly subject: string;
  readonly body: string;
}

interface Part {
  readonly headers: ReadonlyMap<string, string>;
  readonly content: string;
}

const MOST_NESTED = 5;

/**
 * Reads a mail as it is on the wire (RFC 5322 and 2045 to 2047), cut off or malformed as mails are: its first plain
 * part, or else the text of its first HTML. Character sets are left alone, which is right for ASCII only; what is
 * kept of a mail is ASCII, and a library that does more took ten times as long.
 * @param message one character a byte (latin1)
 */
export function readMail(message: string): MailText {
  const part = readPart(message);
  const texts = textsOf(part, MOST_NESTED);
  const plain = texts.find(({ isHtml, text }) => !isHtml && text.trim() !== "");
  const html = texts.find(({ isHtml }) => isHtml);
  return {
    subject: decodeWords(part.headers.get("subject") ?? ""),
    body: plain?.text ?? (html === undefined ? "" : textOfHtml(html.text)),
  };
}

function readPart(text: string): Part {
  const lines = text.replaceAll("\r\n", "\n");
  // A part may have no headers at all, and what is cut off may have nothing else.
  const end = lines.startsWith("\n") ? 0 : lines.indexOf("\n\n");
  const head = end === -1 ? lines : lines.slice(0, end);
  const headers = new Map<string, string>();
  for (const line of head.replace(/\n[ \t]+/g, " ").split("\n")) {
    const colon = line.indexOf(":");
    const name = line.slice(0, colon).toLowerCase();
    if (colon > 0 && !headers.has(name)) headers.set(name, line.slice(colon + 1).trim());
  }
  return { headers, content: end === -1 ? "" : lines.slice(end).replace(/^\n{1,2}/, "") };
}

/** The texts of a part and of the parts within it, in their order. */
function textsOf(
  { headers, content }: Part,
  depth: number,
): readonly { readonly isHtml: boolean; readonly text: string }[] {
  const type = headers.get("content-type") ?? "text/plain";
  if (/^multipart\//i.test(type)) {
    const boundary = /boundary\s*=\s*(?:"([^"]+)"|([^\s;]+))/i.exec(type);
    const mark = boundary?.[1] ?? boundary?.[2];
    if (mark === undefined || depth === 0) return [];
    // What stands before the first boundary is for readers that know no MIME.
    const parts = `\n${content}`.split(`\n--${mark}`).slice(1);
    return parts.flatMap((part) => textsOf(readPart(part.replace(/^[^\n]*\n/, "")), depth - 1));
  }
  if (!/^text(\/(plain|html)|\s*;|$)/i.test(type)) return [];
  const text = decode(content, headers.get("content-transfer-encoding") ?? "");
  return [{ isHtml: /^text\/html/i.test(type), text }];
}

function decode(content: string, encoding: string): string {
  if (/^base64/i.test(encoding)) return decodeBase64(content);
  return /^quoted-printable/i.test(encoding) ? decodeQuoted(content) : content;
}

function decodeBase64(text: string): string {
  return Buffer.from(text.replace(/[^A-Za-z0-9+/]/g, ""), "base64").toString("latin1");
}

function decodeQuoted(text: string): string {
  return text
    .replace(/=[ \t]*\n/g, "")
    .replace(/=([0-9A-F]{2})/gi, (_, code: string) => String.fromCharCode(Number.parseInt(code, 16)));
}

/** The encoded words of a header. */
function decodeWords(header: string): string {
  return header.replace(/=\?[^?]+\?([bq])\?([^?]*)\?=/gi, (_, encoding: string, text: string) =>
    encoding.toLowerCase() === "b" ? decodeBase64(text) : decodeQuoted(text.replaceAll("_", " ")),
  );
}

const unseen = new Set(["script", "style", "title", "noscript", "noframes", "template"]);

function textOfHtml(html: string): string {
  const parts: string[] = [];
  const visit = (node: DefaultTreeAdapterTypes.Node): void => {
    if (unseen.has(node.nodeName)) return;
    if ("value" in node) parts.push(node.value);
    if ("childNodes" in node) {
      for (const child of node.childNodes) visit(child);
      parts.push(" ");
    }
  };
  visit(parse(html));
  return parts.join("");
}
