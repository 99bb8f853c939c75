import type { MeasuredMemory } from "@peftbench/harness";
import { memoryRoles } from "@peftbench/harness";
import type { MethodSummary, TaskSummary } from "../aggregate.ts";
import { roleTitles } from "../charts/theme.ts";
import { formatMb, NONE } from "../format.ts";
import type { Html } from "../html/html.ts";
import { html } from "../html/html.ts";
import { taskText, taskTitle } from "../origin.ts";

/** What the device was seen to take, beside what was planned for the same programs. Null where nothing was measured. */
export function measuredMemorySection(tasks: readonly TaskSummary[]): Html | null {
  const measured = tasks.flatMap((task) =>
    task.methods.flatMap((method): readonly Measured[] => {
      const found = measuredOf(method);
      return found === null ? [] : [{ task, method: method.method, memory: found }];
    }),
  );
  if (measured.length === 0) return null;
  return html`<section aria-labelledby="measured-memory">
<h2 id="measured-memory">Memory, measured beside planned</h2>
<p class="note">A ledger counts every buffer from the device's own calls, knowing nothing of the plan. Live: with each tensor in a buffer of its own that exists no longer than it. Reserved: as runs place tensors, at offsets of one arena. Both count what kernels take beside tensors.</p>
${measured.map(measuredTable)}</section>
`;
}

interface Measured {
  readonly task: TaskSummary;
  readonly method: string;
  readonly memory: MeasuredMemory;
}

/** Of a method's runs the one that most was measured of: with live bytes, then with most reserved. */
function measuredOf({ rows }: MethodSummary): MeasuredMemory | null {
  const all = rows.flatMap(({ result }) => result.measuredMemory ?? []);
  const rank = ({ live, reserved }: MeasuredMemory): number =>
    (live === null ? 0 : Number.MAX_SAFE_INTEGER / 2) + reserved.measuredBytes;
  return all.toSorted((a, b) => rank(b) - rank(a))[0] ?? null;
}

function measuredTable({ task, method, memory }: Measured): Html {
  const { live, reserved, lossDifference } = memory;
  const roles = [...memoryRoles, "scratch"].filter(
    (role) => (live?.measuredByRole[role] ?? 0) > 0 || (live?.plannedByRole[role] ?? 0) > 0,
  );
  return html`<h3>${method} on ${taskTitle(task)}, ${task.model}</h3>
<div class="scroll" tabindex="0" role="region" aria-label="Memory of ${method} on ${taskText(task)}">
<table data-measured="${method}" data-task="${task.task}">
<thead><tr><th scope="col">MB</th><th scope="col">measured</th><th scope="col">planned</th><th scope="col">difference</th></tr></thead>
<tbody>
${roles.map((role) => line(titleOf(role), live?.measuredByRole[role] ?? 0, live?.plannedByRole[role] ?? 0))}${live === null ? null : line("live peak", live.measuredBytes, live.plannedBytes)}${line("reserved", reserved.measuredBytes, reserved.plannedBytes)}</tbody>
</table>
</div>
<p class="note">${sourceOf(memory)}${lossDifference === null ? null : html` ${lossText(lossDifference)}`}</p>
`;
}

function lossText({ steps, largestRelative }: NonNullable<MeasuredMemory["lossDifference"]>): string {
  return largestRelative === 0
    ? `Losses of ${steps} steps are the same as those of the CPU executor.`
    : `Losses of ${steps} steps differ from those of the CPU executor by at most ${largestRelative.toExponential(1)} (relative).`;
}

function line(title: string, measured: number, planned: number): Html {
  const difference = measured - planned;
  return html`<tr><th scope="row">${title}</th><td>${formatMb(measured)}</td><td>${formatMb(planned)}</td><td>${difference === 0 ? "0" : `${difference > 0 ? "+" : "−"}${Math.abs(difference)} bytes`}</td></tr>
`;
}

function titleOf(role: string): string {
  return (
    (roleTitles as Readonly<Record<string, string>>)[role] ?? (role === "scratch" ? "kernels' scratch" : NONE)
  );
}

function sourceOf({ source, adapter, stage, steps, batchRows, length }: MeasuredMemory): string {
  const where = source === "run" ? "In the run itself" : `In a probe of ${steps} steps beside the run`;
  return `${where}, on ${adapter}: ${batchRows} rows of ${length} tokens, stage “${stage}”.`;
}
