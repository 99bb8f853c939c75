import type { TaskSummary } from "../aggregate.ts";
import { rolesInUse } from "../aggregate.ts";
import { BYTES_PER_MB, formatMb } from "../format.ts";
import { taskText } from "../origin.ts";
import type { Chart } from "./render.ts";
import { frame, ink, nameAxis, paper, roleColor, roleTitles, rowHeight } from "./theme.ts";

/** Live bytes at the moment of the peak, stacked by what they are held for. */
export function memoryChart(task: TaskSummary): Chart {
  const known = task.methods.filter(({ bytesByRole }) => bytesByRole !== null);
  const roles = rolesInUse(known);
  const names = known.map(({ method }) => method);
  const parts = known.flatMap(({ method, bytesByRole }) =>
    roles.map((role, order) => ({
      method,
      role,
      order,
      megabytes: (bytesByRole?.[role] ?? 0) / BYTES_PER_MB,
    })),
  );
  const totals = known.map(({ method, peakLiveBytes }) => ({
    method,
    megabytes: (peakLiveBytes ?? 0) / BYTES_PER_MB,
    text: formatMb(peakLiveBytes ?? 0),
  }));
  const largest = Math.max(0, ...totals.map(({ megabytes }) => megabytes));
  const x = {
    type: "quantitative" as const,
    // Room for the total behind the longest bar.
    scale: { domain: [0, largest * 1.14], nice: false },
    axis: { title: "live bytes at the peak, MB", tickCount: 5 },
  };
  const y = {
    field: "method",
    type: "nominal" as const,
    sort: null,
    scale: { domain: names, paddingInner: 0.35, paddingOuter: 0.2 },
    axis: nameAxis(names),
  };
  const described = totals.map(({ method, text }) => `${method} ${text} MB`).join("; ");
  return {
    description: `Peak memory on ${taskText(task)} by method and role: ${described}. The table below gives every part.`,
    spec: {
      ...frame,
      height: rowHeight(names.length, 42, 28) * names.length,
      layer: [
        {
          data: { values: parts },
          mark: { type: "bar", stroke: paper, strokeWidth: 1 },
          encoding: {
            y,
            x: { ...x, field: "megabytes", stack: "zero" },
            order: { field: "order", type: "quantitative" },
            color: {
              field: "role",
              type: "nominal",
              scale: { domain: [...roles], range: roles.map(roleColor) },
              legend: null,
            },
          },
        },
        {
          data: { values: totals },
          mark: { type: "text", align: "left", baseline: "middle", dx: 6, color: ink },
          encoding: { y, x: { ...x, field: "megabytes" }, text: { field: "text", type: "nominal" } },
        },
      ],
    },
  };
}

/** What the legend says of each role that occurs. */
export function memoryLegend(
  task: TaskSummary,
): readonly { readonly title: string; readonly color: string }[] {
  return rolesInUse(task.methods).map((role) => ({ title: roleTitles[role], color: roleColor(role) }));
}
