import type { MemoryRole } from "@peftbench/runtime";
import { memoryRoles } from "@peftbench/runtime";
import { formatFixed, roleTitles } from "../../reportParts.ts";
import type { CurvePoint } from "./curves.ts";
import type { PublishedPeaks } from "./published.ts";
import type { ModelCounts, RatioPoint } from "./ratios.ts";

/** A table before it is Markdown or HTML. */
export interface ClaimTable {
  readonly header: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

const megabytes = (bytes: number): string => Math.round(bytes / 1e6).toLocaleString("en-US");
const gigabytes = (bytes: number): string => formatFixed(bytes / 1e9, 1);
const count = (value: number): string => Math.round(value).toLocaleString("en-US");
const ratio = (value: number): string => formatFixed(value, 2);

/** LoRA over LaMDA at every setting, a row a setting and a column a model: under one save policy. */
export function ratioTable(points: readonly RatioPoint[], savePolicy: RatioPoint["savePolicy"]): ClaimTable {
  const own = points.filter((point) => point.savePolicy === savePolicy);
  const models = [...new Set(own.map(({ model }) => model))];
  const settings = [...new Set(own.map(({ changed }) => changed))];
  return {
    header: ["setting", ...models],
    rows: settings.map((changed) => [
      changed ?? "32 rows of 128 tokens",
      ...models.map((model) => {
        const point = own.find((each) => each.model === model && each.changed === changed);
        return point === undefined ? "–" : `${ratio(point.ratio)} (${ratio(point.ratioAtEnd)})`;
      }),
    ]),
  };
}

/** Where the difference of the two peaks lies at the base point, by what bytes are held for. */
export function whyTable(points: readonly RatioPoint[]): ClaimTable {
  const base = points.filter(({ changed }) => changed === null);
  const roles = memoryRoles.filter((role) =>
    base.some(({ lessByRole }) => Math.abs(lessByRole[role]) >= 5e5),
  );
  return {
    header: ["model, save policy", "LoRA, MB", "LaMDA, MB", "less", ...roles.map((role) => roleTitles[role])],
    rows: base.map((point) => [
      `${point.model}, ${point.savePolicy}`,
      ...[point.loraBytes, point.lamdaBytes, point.loraBytes - point.lamdaBytes].map(megabytes),
      ...roles.map((role) => megabytes(point.lessByRole[role])),
    ]),
  };
}

/** What the two methods train, and how many times fewer LaMDA's is, by how one counts. */
export function countsTable(counts: readonly ModelCounts[]): ClaimTable {
  return {
    header: [
      ...["model", "LoRA, rank 8", "LaMDA at first", "on average", "at the end"],
      ...["head", "LoRA / first", "/ average", "/ end", "/ end, with the head"],
    ],
    rows: counts.map(({ model, lora, lamda }) => [
      model,
      ...[lora.trainableFinal, lamda.trainableInitial, lamda.trainableAverage, lamda.trainableFinal].map(
        count,
      ),
      count(lamda.head),
      ...[lamda.trainableInitial, lamda.trainableAverage, lamda.trainableFinal].map((each) =>
        ratio(lora.trainableFinal / each),
      ),
      ratio((lora.trainableFinal + lora.head) / (lamda.trainableFinal + lamda.head)),
    ]),
  };
}

/** Along each curve the role that has most bytes, from where on. */
export function dominantTable(points: readonly CurvePoint[]): ClaimTable {
  const key = ({ model, axis, method, savePolicy }: CurvePoint): string =>
    [model, axis, method, savePolicy].join(", ");
  const lines = new Map<string, CurvePoint[]>();
  for (const point of points) lines.set(key(point), [...(lines.get(key(point)) ?? []), point]);
  return {
    header: ["model, axis, method, save policy", "peak, MB", "most bytes are"],
    rows: [...lines].map(([name, own]) => [
      name,
      `${megabytes(own[0]?.peakLiveBytes ?? 0)} to ${megabytes(own.at(-1)?.peakLiveBytes ?? 0)}`,
      spans(own),
    ]),
  };
}

function spans(points: readonly CurvePoint[]): string {
  const changes: { readonly role: MemoryRole; readonly from: number }[] = [];
  for (const { dominant, at } of points)
    if (changes.at(-1)?.role !== dominant) changes.push({ role: dominant, from: at });
  return changes
    .map(({ role, from }, index) => (index === 0 ? roleTitles[role] : `${roleTitles[role]} from ${from}`))
    .join(", ");
}

/** Published peaks beside ours, and beside half of ours: what it would be were every number two bytes. */
export function publishedTable({ peaks }: PublishedPeaks): ClaimTable {
  const first = peaks[0];
  return {
    header: [
      ...["published as", "published, GB", "planned in f32, GB", "half of that, GB"],
      ...["published over the first", "half of planned over the first"],
    ],
    rows: peaks.map(({ name, publishedBytes, plannedBytes }) => [
      name,
      ...[publishedBytes, plannedBytes, plannedBytes / 2].map(gigabytes),
      gigabytes(publishedBytes - (first?.publishedBytes ?? 0)),
      gigabytes((plannedBytes - (first?.plannedBytes ?? 0)) / 2),
    ]),
  };
}
