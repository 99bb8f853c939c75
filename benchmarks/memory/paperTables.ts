import type { SavePolicy } from "@peftbench/runtime";
import { memoryRoles, savePolicies } from "@peftbench/runtime";
import type { PlannedMethod, PlannedStage } from "./paperCases.ts";
import { highestPeak } from "./paperCases.ts";
import { markdownTable } from "./tables.ts";

/** What LaMDA's paper claims over LoRA at most (arXiv 2406.12832, abstract). */
export const CLAIMED = { fewerUpdates: 17.7, lowerPeak: 1.32 } as const;

/** What trains at first, on average and at the end, without the head and with it, beside LoRA's count. */
export function countsTable(methods: readonly PlannedMethod[]): string {
  const lora = loraOf(methods).counts;
  return markdownTable(
    [
      "method",
      "trained at first",
      "on average",
      "at the end",
      "LoRA / average",
      "LoRA / end",
      "at the end, with the head",
      "LoRA / end, with the head",
    ],
    methods.map(({ title, counts }) => [
      title,
      ...[counts.trainableInitial, counts.trainableAverage, counts.trainableFinal].map(count),
      ratio(lora.trainableAverage, counts.trainableAverage),
      ratio(lora.trainableFinal, counts.trainableFinal),
      count(counts.trainableFinal + counts.head),
      ratio(lora.trainableFinal + lora.head, counts.trainableFinal + counts.head),
    ]),
  );
}

/** Highest live peak of each method over its stages, a column a policy, with LoRA's over it. */
export function peaksTable(methods: readonly PlannedMethod[]): string {
  const lora = loraOf(methods);
  return markdownTable(
    ["method", ...savePolicies.flatMap((policy) => [`${policy}, MB`, "LoRA / this"])],
    methods.map((method) => [
      method.title,
      ...savePolicies.flatMap((policy) => {
        const peak = highestPeak(method, policy);
        return [wholeMegabytes(peak), ratio(highestPeak(lora, policy), peak)];
      }),
    ]),
  );
}

/** Every stage under one policy: live and reserved peak, LoRA's peak over it, and the live bytes by role. */
export function stagesTable(methods: readonly PlannedMethod[], policy: SavePolicy): string {
  const lora = highestPeak(loraOf(methods), policy);
  return markdownTable(
    ["method, stage", "from step", "live peak", "reserved", "LoRA / this", ...memoryRoles, "peak at"],
    methods.flatMap(({ title, stages }) => {
      const own = stages.filter(({ savePolicy }) => savePolicy === policy);
      return own.map((stage) => [
        own.length === 1 ? title : `${title}, ${stage.stage}`,
        String(stage.fromStep),
        wholeMegabytes(stage.peakLiveBytes),
        wholeMegabytes(stage.peakReservedBytes),
        ratio(lora, stage.peakLiveBytes),
        ...memoryRoles.map((role) => wholeMegabytes(stage.byRole[role])),
        momentText(stage),
      ]);
    }),
  );
}

/** How many times LoRA's peak is that of the methods planned beside it, a line a length, a column a method and policy. */
export function lengthsTable(
  lengths: readonly { readonly length: number; readonly methods: readonly PlannedMethod[] }[],
): string {
  const others = lengths[0]?.methods.filter(({ method }) => method !== "lora") ?? [];
  return markdownTable(
    ["tokens", ...others.flatMap(({ title }) => savePolicies.map((policy) => `${title}, ${policy}`))],
    lengths.map(({ length, methods }) => {
      const lora = loraOf(methods);
      const cells = methods
        .filter((method) => method !== lora)
        .flatMap((method) =>
          savePolicies.map((policy) => {
            const peak = highestPeak(lora, policy);
            const last = method.stages.findLast(({ savePolicy }) => savePolicy === policy);
            return `${ratio(peak, highestPeak(method, policy))}, ${ratio(peak, last?.peakLiveBytes ?? 0)}`;
          }),
        );
      return [String(length), ...cells];
    }),
  );
}

function loraOf(methods: readonly PlannedMethod[]): PlannedMethod {
  const lora = methods.find(({ method }) => method === "lora");
  if (lora === undefined) throw new Error("Ratios are to LoRA, which was not planned.");
  return lora;
}

function momentText({ peakAt }: PlannedStage): string {
  if (peakAt === null) return "-";
  return `${peakAt.node.replace("deberta.encoder.", "")} (${peakAt.phase})`;
}

function count(value: number): string {
  return Math.round(value).toLocaleString("en-US");
}

function ratio(of: number, to: number): string {
  return to === 0 ? "-" : (of / to).toFixed(2);
}

function wholeMegabytes(bytes: number): string {
  return (bytes / 1e6).toFixed(0);
}
