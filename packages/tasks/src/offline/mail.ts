import type { DefaultTreeAdapterTypes } from "parse5";
import { parse } from "parse5";
import PostalMime from "postal-mime";

/** What a person would read of a mail first. */
export interface MailText {
  readonly subject: string;
  readonly body: string;
}

/** Reads a mail as it is on the wire (RFC 5322, MIME): its plain part, or else the text of its HTML. */
export async function readMail(bytes: Uint8Array): Promise<MailText> {
  const { subject = "", text, html } = await PostalMime.parse(bytes);
  const isPlain = text !== undefined && text.trim() !== "";
  return { subject, body: isPlain ? text : html === undefined ? "" : textOfHtml(html) };
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
