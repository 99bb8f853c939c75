const replacements: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
  // NUL is a parse error in HTML; what follows it must not be reinterpreted.
  "\0": "\uFFFD",
};

/** Text as it may stand in an element or inside a quoted attribute value. */
export function escapeHtml(text: string): string {
  return text.replace(/[&<>"'\0]/g, (character) => replacements[character] ?? character);
}
