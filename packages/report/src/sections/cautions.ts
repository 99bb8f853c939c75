import type { Html } from "../html/html.ts";
import { html } from "../html/html.ts";

/** What to hold against the figures, and what the person who made the report adds. */
export function cautionsSection(cautions: readonly string[], notes: readonly string[]): Html | null {
  if (cautions.length === 0 && notes.length === 0) return null;
  return html`<section aria-labelledby="cautions">
<h2 id="cautions">Before you rely on this</h2>
<ul class="cautions">
${[...notes, ...cautions].map((text) => html`<li>${text}</li>\n`)}</ul>
</section>
`;
}
