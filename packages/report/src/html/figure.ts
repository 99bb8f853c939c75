import { NONE } from "../format.ts";
import type { Html } from "./html.ts";
import { html } from "./html.ts";

/** A figure as text, its exact value beside it for whoever reads the page with a program. */
export function figure(kind: string, value: number | null, format: (value: number) => string): Html {
  if (value === null) return html`<span class="quiet">${NONE}</span>`;
  return html`<data class="${kind}" value="${String(value)}">${format(value)}</data>`;
}
