import type { RunResult } from "@peftbench/harness";
import type { Html } from "../html/html.ts";
import { html } from "../html/html.ts";

/** What was taken in place of what was not at hand: a reader must know it before any figure. */
export function noticesSection(results: readonly RunResult[]): Html | null {
  const notices = [...new Set(results.flatMap(({ notices: each }) => each))];
  if (notices.length === 0) return null;
  return html`<aside class="notices" aria-label="What these results are of">
${notices.map((text) => html`<p>${text}</p>\n`)}</aside>
`;
}
