import { createHash } from "node:crypto";
import type { Html } from "./html/html.ts";
import { html, trustedHtml } from "./html/html.ts";
import { style } from "./style.ts";

/** The document around the body. Its policy forbids everything but the one style sheet, told by its hash. */
export function page(title: string, body: Html): string {
  const styleHash = createHash("sha256").update(style).digest("base64");
  const policy = `default-src 'none'; img-src data:; style-src 'sha256-${styleHash}'; base-uri 'none'; form-action 'none'`;
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="referrer" content="no-referrer">
<title>${title}</title>
<link rel="icon" href="data:,">
<style>${trustedHtml(style)}</style>
</head>
<body>
<a class="skip" href="#results">Skip to the results</a>
${body}
</body>
</html>
`.markup;
}
