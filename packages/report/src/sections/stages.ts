import type { TaskSummary } from "../aggregate.ts";
import { formatChange, formatCount, formatMb, formatMs } from "../format.ts";
import { figure } from "../html/figure.ts";
import type { Html } from "../html/html.ts";
import { html } from "../html/html.ts";
import { taskText, taskTitle } from "../origin.ts";
import type { StageSummary } from "../stages.ts";
import { stagesOf } from "../stages.ts";

interface StagedMethod {
  readonly method: string;
  readonly stages: readonly StageSummary[];
}

/** What each stage of training holds, for methods that freeze or prune in mid-run. Null where there are none. */
export function stagesSection(tasks: readonly TaskSummary[]): Html | null {
  const staged = tasks.flatMap((task) => {
    const methods = task.methods.flatMap((summary): readonly StagedMethod[] => {
      const stages = stagesOf(summary);
      return stages.length === 0 ? [] : [{ method: summary.method, stages }];
    });
    return methods.length === 0 ? [] : [{ task, methods }];
  });
  if (staged.length === 0) return null;
  return html`<section aria-labelledby="stages">
<h2 id="stages">Stages of training</h2>
<p>These methods change what they train, or how, in mid-run. Memory is planned for each stage on its own; small figures are the change from the stage before. A run needs what its largest stage needs.</p>
<p class="note">Step times are medians of wall time in the stages of one run, then over seeds. Whatever else ran on the machine at that time is in them.</p>
${staged.map(({ task, methods }, index) => stageTable(task, methods, index === 0))}</section>
`;
}

function stageTable(task: TaskSummary, methods: readonly StagedMethod[], open: boolean): Html {
  return html`<details${open ? html` open` : null}><summary>${taskTitle(task)}, ${task.model}</summary>
<div class="scroll" tabindex="0" role="region" aria-label="Stages on ${taskText(task)}">
<table class="stages" data-task="${task.task}">
<caption><span class="caption">Stages on ${taskText(task)}: memory in MB (10<sup>6</sup> bytes), planned. “To train” is gradients, optimizer state and saved activations at the live peak.</span></caption>
<thead><tr><th scope="col">Method</th><th scope="col" class="text">stage</th><th scope="col">from step</th><th scope="col">steps</th><th scope="col">trained without head</th><th scope="col">live peak</th><th scope="col">reserved peak</th><th scope="col">to train</th><th scope="col">step, ms</th></tr></thead>
${methods.map(
  ({ method, stages }) => html`<tbody>${stages.map((stage, index) => {
    const before = stages[index - 1];
    const head =
      index === 0
        ? html`<th scope="rowgroup" rowspan="${stages.length}"><span class="method">${method}</span></th>`
        : null;
    return html`<tr data-method="${method}" data-stage="${stage.name}">${head}${row(stage, before)}</tr>\n`;
  })}</tbody>
`,
)}</table></div></details>
`;
}

function row(stage: StageSummary, before: StageSummary | undefined): Html {
  return html`<td class="text">${stage.name}</td><td>${figure("from-step", stage.fromStep, formatCount)}</td><td>${figure("steps", stage.steps, formatCount)}</td><td>${figure("trainable", stage.trainable, formatCount)}</td>${bytes("live", stage.peakLiveBytes, before?.peakLiveBytes)}${bytes("reserved", stage.peakReservedBytes, before?.peakReservedBytes)}${bytes("training-bytes", stage.trainingBytes, before?.trainingBytes)}<td>${figure("step", stage.stepMs, formatMs)}</td>`;
}

function bytes(kind: string, value: number, before: number | undefined): Html {
  return html`<td>${figure(kind, value, formatMb)}${before === undefined || before === 0 ? null : html`<br><small>${formatChange(value / before - 1)}</small>`}</td>`;
}
