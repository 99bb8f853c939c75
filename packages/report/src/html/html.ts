import { escapeHtml } from "./escape.ts";

/** Markup that is safe to put into the page as it is. Made by `html` or, for trusted text, `trustedHtml`. */
export class Html {
  readonly markup: string;

  constructor(markup: string) {
    this.markup = markup;
  }
}

/** What may stand in a template: text and numbers are escaped, markup is kept, null is nothing. */
export type HtmlValue = string | number | null | Html | readonly HtmlValue[];

/** Template tag: everything put in is escaped unless it is markup already, so no call can forget to. */
export function html(parts: TemplateStringsArray, ...values: readonly HtmlValue[]): Html {
  let markup = parts[0] ?? "";
  for (const [index, value] of values.entries()) markup += toMarkup(value) + (parts[index + 1] ?? "");
  return new Html(markup);
}

/** Markup that this package or vega wrote: never text out of a result. */
export function trustedHtml(markup: string): Html {
  return new Html(markup);
}

/** The values with a separator between them: `a, b, c`. */
export function joinHtml(values: readonly HtmlValue[], separator: HtmlValue): Html {
  return html`${values.map((value, index) => (index === 0 ? value : [separator, value]))}`;
}

function toMarkup(value: HtmlValue): string {
  if (value === null) return "";
  if (value instanceof Html) return value.markup;
  if (typeof value === "string") return escapeHtml(value);
  if (typeof value === "number") return String(value);
  return value.map(toMarkup).join("");
}
