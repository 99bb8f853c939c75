import { describe, expect, it } from "vitest";
import { html, joinHtml, trustedHtml } from "./html.ts";

describe("html", () => {
  it("escapes text and keeps markup", () => {
    const inner = html`<b>${"<&>\"'\0"}</b>`;
    expect(html`<p>${inner}${null}${[1, "<", inner]}</p>`.markup).toBe(
      "<p><b>&lt;&amp;&gt;&quot;&#39;\uFFFD</b>1&lt;<b>&lt;&amp;&gt;&quot;&#39;\uFFFD</b></p>",
    );
  });

  it("joins with a separator that is escaped too", () => {
    expect(joinHtml(["a", trustedHtml("<i>b</i>")], " & ").markup).toBe("a &amp; <i>b</i>");
  });
});
