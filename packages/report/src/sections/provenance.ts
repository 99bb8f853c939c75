import type { RunResult } from "@peftbench/harness";
import { formatCount } from "../format.ts";
import { groupBy } from "../groupBy.ts";
import type { Html } from "../html/html.ts";
import { html } from "../html/html.ts";
import { originOf, taskText } from "../origin.ts";

/** Where each figure came from, what the runs were made of, and how to make them again. */
export function provenanceSection(results: readonly RunResult[], command: string | null): Html {
  return html`<section aria-labelledby="provenance">
<h2 id="provenance">Where the figures come from</h2>
<dl class="sources">
<dt>Quality</dt><dd>Scored on the dev split after training, once; nothing was selected on it.</dd>
<dt>Parameters</dt><dd>Counted from the training graph: what an optimizer updates, and all that is held.</dd>
<dt>Memory</dt><dd>${memorySource(results)}</dd>
<dt>Time</dt><dd>${timeSource(results)}</dd>
</dl>
<h3>To make these runs again</h3>
<pre tabindex="0"><code>${command ?? reproduceCommand(results)}</code></pre>
<p class="note">${command === null ? "Put together from what was run: settings that differ from the suite's own have to be given too. " : null}Data and weights are those below, settings <a href="#settings">those of each method</a>; a different processor or thread count may change the last digits.</p>
<details open><summary>Environment, data and weights</summary>
<div class="scroll" tabindex="0" role="region" aria-label="Environment, data and weights">
<table class="provenance"><caption><span class="caption">One value where all runs share it; otherwise each with the number of runs.</span></caption>
<tbody>${facts.map(({ title, of }) => factRow(title, results.map(of)))}</tbody>
</table></div></details>
</section>
`;
}

const facts: readonly { readonly title: string; readonly of: (result: RunResult) => string | null }[] = [
  { title: "peftbench commit", of: ({ environment }) => environment.peftbenchCommit },
  {
    title: "uncommitted changes",
    of: ({ environment: { worktreeDirty } }) =>
      worktreeDirty === null ? null : worktreeDirty ? "yes" : "no",
  },
  { title: "runtime", of: ({ environment: { runtime } }) => `${runtime.name} ${runtime.version}` },
  { title: "executor", of: ({ environment }) => `${environment.executor}: ${environment.executorVersion}` },
  {
    title: "processor",
    of: ({ environment }) =>
      `${environment.cpuModel}, ${environment.threads} thread${environment.threads === 1 ? "" : "s"}`,
  },
  { title: "GPU adapter", of: ({ environment }) => environment.adapter ?? "none" },
  { title: "operating system", of: ({ environment }) => environment.os },
  { title: "results written", of: ({ environment }) => environment.createdAt.slice(0, 10) },
  {
    title: "data",
    of: (result) => {
      const { data } = result;
      if (data === null) return null;
      const revision = data.revision === null ? "" : `, revision ${data.revision}`;
      return `${taskOf(result)}: ${data.source}${revision}`;
    },
  },
  {
    title: "data rows",
    of: (result) => {
      if (result.data === null) return null;
      const { train, selection, dev } = result.data.rows;
      return `${taskOf(result)}: ${formatCount(train)} train, ${formatCount(selection)} selection, ${formatCount(dev)} dev`;
    },
  },
  { title: "data sha256", of: (result) => result.data && `${taskOf(result)}: ${result.data.checksum}` },
  {
    title: "weights",
    of: ({ cell, weights }) =>
      weights &&
      `${cell.model}: ${weights.source}${weights.revision === null ? "" : `, revision ${weights.revision}`}`,
  },
  { title: "weights sha256", of: ({ cell, weights }) => weights && `${cell.model}: ${weights.checksum}` },
  {
    title: "memory",
    of: ({ memory }) => memory && `${memory.source}, save policy ${memory.savePolicy}, ${memory.device}`,
  },
];

function taskOf(result: RunResult): string {
  return taskText({ task: result.cell.task, origin: originOf(result) });
}

function factRow(title: string, values: readonly (string | null)[]): Html {
  const groups = groupBy(values, (value) => value ?? "");
  const shared = groups.length === 1;
  return html`<tr><th scope="row">${title}</th><td class="text">${groups.map((group) => {
    const value = group[0] ?? html`<span class="quiet">not recorded</span>`;
    return html`<div>${value}${shared ? null : html` <span class="quiet">(${group.length} of ${values.length} runs)</span>`}</div>`;
  })}</td></tr>\n`;
}

function memorySource(results: readonly RunResult[]): string {
  const known = results.flatMap(({ memory }) => memory ?? []);
  if (known.length === 0) return "No run recorded any.";
  const phrases = {
    planned:
      "Planned: computed from the training graph before anything ran, as the largest sum of live bytes",
    measured: "Measured: the largest sum of bytes by a ledger of the device's allocations",
  };
  return `${groupBy(known, ({ source, savePolicy, device }) => JSON.stringify([source, savePolicy, device]))
    .flatMap(([first]) => first ?? [])
    .map(
      ({ source, savePolicy, device }) =>
        `${phrases[source]}, under the save policy “${savePolicy}”, for ${device}`,
    )
    .join(
      ". ",
    )}. Memory of the operating system, of the JavaScript runtime and of data loading is not included.`;
}

function timeSource(results: readonly RunResult[]): string {
  const places = groupBy(
    results,
    ({ environment: { cpuModel, adapter, threads, executorVersion, executor } }) =>
      JSON.stringify([cpuModel, adapter, threads, executorVersion, executor]),
  ).flatMap(([first]) => first ?? []);
  return `Measured on ${places
    .map(
      ({ environment: { adapter, cpuModel, threads, executor, executorVersion } }) =>
        `${adapter === null ? cpuModel : `${adapter} (${cpuModel})`} with ${threads} thread${threads === 1 ? "" : "s"}, executor ${executor} (${executorVersion})`,
    )
    .join("; and on ")}. Steps exclude evaluation and compilation; tokens exclude padding.`;
}

/** The call that asks for these cells, whatever their suite; its defaults are the suite's. */
function reproduceCommand(results: readonly RunResult[]): string {
  const distinct = (of: (result: RunResult) => string): string =>
    [...new Set(results.map(of))].map(shellWord).join(",");
  return groupBy(results, ({ cell }) => JSON.stringify([cell.suite, cell.model]))
    .flatMap((group) => {
      const [first] = group;
      if (first === undefined) return [];
      const within = (of: (result: RunResult) => string): string =>
        [...new Set(group.map(of))].map(shellWord).join(",");
      return [
        `pnpm bench glue --model ${shellWord(first.cell.model)} --methods ${within(({ cell }) => cell.method)} --tasks ${within(({ cell }) => cell.task)} --seeds ${within(({ cell }) => String(cell.seed))} --device ${distinct(({ environment }) => environment.executor)}`,
      ];
    })
    .join("\n");
}

/** A word as a POSIX shell reads it back unchanged: people paste this line. */
function shellWord(text: string): string {
  return /^[A-Za-z0-9._:/@+-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}
