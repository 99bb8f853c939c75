import type { Html } from "../reportParts.ts";
import { formatFixed, formatShare, html, methodMarks, mutedInk, page, renderChart } from "../reportParts.ts";
import { layerTitle, spectraChart } from "./spectraChart.ts";
import type { ModuleSpectrum, SpectraFacts } from "./spectraFacts.ts";
import { byKind, randomOf } from "./spectraFacts.ts";

/** A row a module, the random matrix of its shape beside it. */
interface TableRow {
  readonly kind: string;
  readonly layer: string;
  readonly shape: string;
  /** Figures of the module, and in parentheses those of the random matrix. */
  readonly figures: readonly string[];
}

const NOTE =
  "In parentheses: a drawn matrix of independent normal numbers of the same shape. Stable rank is ‖W‖²_F / ‖W‖²₂; " +
  "effective rank the exponential of the entropy of σ / Σσ; energy the share of Σσ² in the leading directions; above " +
  "the edge are singular values larger than random ones of this shape and norm come to be (Marchenko and Pastur).";

/** A page that needs nothing else: what the spectra are, drawn by kind of module and layer, and in figures. */
export async function spectraPage(model: string, facts: SpectraFacts): Promise<string> {
  const kinds = [...byKind(facts.modules)];
  const layers = [...new Set(facts.modules.map(({ layer }) => layer))];
  const marks = methodMarks(layers.map(layerTitle));
  const top = 1.05 * Math.max(...facts.modules.map(({ values }) => values[0] ?? 0));
  const figures: Html[] = [];
  for (const [index, [kind, modules]] of kinds.entries()) {
    const [first] = modules;
    if (first === undefined) continue;
    const chart = spectraChart(kind, modules, randomOf(facts, first.shape), marks, top);
    figures.push(html`<figure class="chart">
<figcaption>${kind} <span class="quiet">[${first.shape.join(", ")}]</span></figcaption>
${await renderChart(chart, `spectrum-${index}`)}
</figure>
`);
  }
  const legend = [
    ...layers.map((layer) => {
      const mark = marks.get(layerTitle(layer));
      return swatch(layerTitle(layer), mark?.color ?? mutedInk, 2.5, mark?.dash ?? [1, 0]);
    }),
    swatch("random matrix of the same shape", mutedInk, 3.5, [1, 0]),
  ];
  const body = html`<header>
<h1>Spectra of the weights of ${model}</h1>
<p class="verdict">${sentence(facts)}</p>
</header>
<main>
<section aria-labelledby="results">
<h2 id="results">Singular values by kind of module and layer</h2>
<p class="note">Singular values σ of each weight, divided by the root mean square (rms) of all σ of that weight, so that all curves hold the same energy. The places of σ are on a logarithmic scale.</p>
<ul class="legend">${legend}</ul>
<div class="panels">${figures}</div>
</section>
<section aria-labelledby="figures">
<h2 id="figures">In figures</h2>
<p class="note">${NOTE}</p>
${table(facts)}
</section>
</main>
<footer><p>Weights: sha256 ${facts.checksum}. This page holds no script and asks the network for nothing.</p></footer>`;
  return page(`Spectra of ${model}`, body);
}

/** The table in Markdown, under the same sentence. */
export function spectraMarkdown(model: string, facts: SpectraFacts): string {
  const header = ["module", "layer", "shape", ...columns(facts)];
  const lines = rows(facts).map(({ kind, layer, shape, figures }) => [kind, layer, shape, ...figures]);
  const markdown = [header, header.map(() => "---"), ...lines].map((cells) => `| ${cells.join(" | ")} |`);
  return `# Spectra of the weights of ${model}\n\n${sentence(facts)}\n\n${NOTE}\n\n${markdown.join("\n")}\n`;
}

/** How far from flat, at the greatest of the ranks. */
export function sentence(facts: SpectraFacts): string {
  const share = ({ summary }: Pick<ModuleSpectrum, "summary">): number =>
    summary.topShares.at(-1)?.share ?? 0;
  const rank = facts.modules[0]?.summary.topShares.at(-1)?.rank ?? 0;
  const over = facts.modules.map((module) => share(module) / share(randomOf(facts, module.shape)));
  const [shares, random] = [facts.modules.map(share), facts.random.map(share)];
  const span = (values: readonly number[]): string =>
    `${formatShare(Math.min(...values))} to ${formatShare(Math.max(...values))}`;
  return (
    `The leading ${rank} singular directions of a weight hold ${span(shares)} of its squared norm, those of a random ` +
    `matrix of the same shape ${span(random)}: ${formatFixed(Math.min(...over), 2)} to ` +
    `${formatFixed(Math.max(...over), 2)} times as much.`
  );
}

function columns({ modules }: SpectraFacts): readonly string[] {
  const shares = modules[0]?.summary.topShares.map(({ rank }) => `energy in the top ${rank}`) ?? [];
  return ["stable rank", "effective rank", ...shares, "above the edge"];
}

function rows(facts: SpectraFacts): readonly TableRow[] {
  return [...byKind(facts.modules).values()].flat().map(({ kind, layer, shape, summary }) => {
    const random = randomOf(facts, shape).summary;
    const both = (own: string, other: string): string => `${own} (${other})`;
    return {
      kind,
      layer: String(layer),
      shape: `${shape[0]} × ${shape[1]}`,
      figures: [
        both(formatFixed(summary.stableRank, 1), formatFixed(random.stableRank, 1)),
        both(formatFixed(summary.effectiveRank, 1), formatFixed(random.effectiveRank, 1)),
        ...summary.topShares.map(({ share }, index) =>
          both(formatShare(share), formatShare(random.topShares[index]?.share ?? 0)),
        ),
        both(String(summary.aboveRandomEdge), String(random.aboveRandomEdge)),
      ],
    };
  });
}

function table(facts: SpectraFacts): Html {
  const header = ["Module", "layer", "shape", ...columns(facts)];
  return html`<div class="scroll" tabindex="0" role="region" aria-label="Spectra in figures">
<table>
<thead><tr>${header.map((name) => html`<th scope="col">${name}</th>`)}</tr></thead>
<tbody>${rows(facts).map(
    ({ kind, layer, shape, figures }) =>
      html`<tr><th scope="row">${kind}</th>${[layer, shape, ...figures].map((cell) => html`<td>${cell}</td>`)}</tr>
`,
  )}</tbody>
</table></div>
`;
}

function swatch(title: string, color: string, width: number, dash: readonly number[]): Html {
  return html`<li><svg class="swatch" width="28" height="12" aria-hidden="true"><line x2="28" y1="6" y2="6" stroke="${color}" stroke-width="${width}" stroke-dasharray="${dash.join(" ")}"/></svg>${title}</li>`;
}
