import { savePolicies } from "@peftbench/runtime";
import type { Html, MethodMark } from "../../reportParts.ts";
import { html, page, renderChart } from "../../reportParts.ts";
import { AXIS_TITLES, curveChart, METHOD_MARKS, policyMarks, ratioChart } from "./charts.ts";
import type { ClaimFacts } from "./facts.ts";
import { CLAIMED, sentences } from "./facts.ts";
import type { ClaimTable } from "./tables.ts";
import { countsTable, dominantTable, publishedTable, ratioTable, whyTable } from "./tables.ts";

/** A page that needs nothing else: where the paper's two claims hold, what memory goes by, and published peaks. */
export async function claimsPage(facts: ClaimFacts): Promise<string> {
  const { points, counts, curves, published } = facts;
  const panels: Html[] = [];
  for (const model of new Set(curves.map((point) => point.model))) {
    for (const savePolicy of ["eager", "layer"] as const) {
      for (const axis of ["rows", "length", "rank"] as const) {
        const own = curves.filter(
          (point) => point.model === model && point.axis === axis && point.savePolicy === savePolicy,
        );
        panels.push(html`<figure class="chart">
<figcaption>${model}, ${savePolicy}: ${AXIS_TITLES[axis]}</figcaption>
${await renderChart(curveChart(own, axis), `curve-${panels.length}`)}
</figure>
`);
      }
    }
  }
  const body = html`<header>
<h1>Memory of LoRA and LaMDA, planned</h1>
<p class="verdict">${sentences(facts)}</p>
</header>
<main>
<section aria-labelledby="results">
<h2 id="results">${CLAIMED.lowerPeak} times less peak memory: where</h2>
<p class="note">Planned live peaks of a training step of 32 rows of 128 tokens: LoRA at rank 8 over LaMDA at rank 32, both on every matrix of the layers, in the stage of LaMDA that needs most. The dashed line is the claim. AdamW, f32, dropout as the model has it. Each save policy says what is kept for backward: everything that gradients read (eager), as little as cheap work allows (recompute), or what enters a layer (layer).</p>
<ul class="legend">${policyMarks.map(shapeSwatch)}</ul>
<figure class="chart">
<figcaption>LoRA / LaMDA</figcaption>
${await renderChart(ratioChart(points, CLAIMED.lowerPeak), "ratios")}
</figure>
${savePolicies.map(
  (policy) => html`<h3>Under ${policy}</h3>
<p class="note">LoRA / LaMDA; in parentheses for LaMDA's last stage. One thing differs from the first line at a time.</p>
${table(ratioTable(points, policy), `LoRA over LaMDA under ${policy}`)}`,
)}
<h3>Why</h3>
<p class="note">By how much LoRA's peak is higher, and what the difference is made of, in MB: negative where LaMDA holds more.</p>
${table(whyTable(points), "Difference of the peaks by role")}
</section>
<section aria-labelledby="counts">
<h2 id="counts">${CLAIMED.fewerUpdates} times fewer trained parameters: how one counts</h2>
<p class="note">LaMDA trains more than LoRA at first and freezes it over 30 % of the run: only the count at the end, without the head, is that much lower.</p>
${table(countsTable(counts), "Trained parameters")}
</section>
<section aria-labelledby="curves">
<h2 id="curves">What the peak goes by</h2>
<p class="note">At 16 rows of 128 tokens, ranks 8 (LoRA) and 32 (LaMDA), but for what the axis changes.</p>
<ul class="legend">${[...METHOD_MARKS.values()].map(swatch)}</ul>
<div class="panels">${panels}</div>
${table(dominantTable(curves), "The term that dominates")}
</section>
${published === null ? null : publishedSection(published)}
</main>
<footer><p>Plans alone: no weights, no device. ${facts.provenance}. This page holds no script and asks the network for nothing.</p></footer>`;
  return page("Memory of LoRA and LaMDA, planned", body);
}

function publishedSection(published: NonNullable<ClaimFacts["published"]>): Html {
  return html`<section aria-labelledby="published">
<h2 id="published">Beside published peaks</h2>
<p class="note">Llama 3.2 3B, batches of 4 rows of 768 tokens. Published: ${published.source} (${published.note}). Planned: the same methods, ranks, targets and batch, everything in f32 and kept, attention fused. The systems differ: theirs holds weights and activations in bf16, we in f32, so half of ours stands beside; theirs is what PyTorch's allocator reserved at most, with rounding, fragments, cuBLAS's and autocast's workspace and logits that are cast up to f32 for the loss; PyTorch keeps the input of a linear layer whose A is frozen, and we do not.</p>
${table(publishedTable(published), "Published and planned peaks")}
</section>
`;
}

function table({ header, rows }: ClaimTable, label: string): Html {
  return html`<div class="scroll" tabindex="0" role="region" aria-label="${label}">
<table>
<thead><tr>${header.map((name) => html`<th scope="col">${name}</th>`)}</tr></thead>
<tbody>${rows.map(
    ([first = "", ...cells]) =>
      html`<tr><th scope="row">${first}</th>${cells.map((cell) => html`<td>${cell}</td>`)}</tr>
`,
  )}</tbody>
</table></div>
`;
}

/** Corners of the marks that are not round, in a box of 12 by 12. */
const CORNERS: Readonly<Record<string, string>> = {
  square: "1,1 11,1 11,11 1,11",
  "triangle-up": "6,1 11,11 1,11",
};

function shapeSwatch({ method, color, shape }: MethodMark): Html {
  const corners = CORNERS[shape];
  const mark =
    corners === undefined
      ? html`<circle cx="6" cy="6" r="5" fill="${color}"/>`
      : html`<polygon points="${corners}" fill="${color}"/>`;
  return html`<li><svg class="swatch" width="12" height="12" aria-hidden="true">${mark}</svg>${method}</li>`;
}

function swatch({ method, color, dash }: MethodMark): Html {
  return html`<li><svg class="swatch" width="28" height="12" aria-hidden="true"><line x2="28" y1="6" y2="6" stroke="${color}" stroke-width="2.5" stroke-dasharray="${dash.join(" ")}"/></svg>${method}</li>`;
}
