import type { Allocation, AllocationOptions, Kept } from "./compareAllocations.ts";

/** Allocations as two tables in Markdown: sums an allocation, and ranks by module. */
export function tablesOf(allocations: readonly Allocation[]): string {
  return [
    "Budget, direction, energy. Kept: share of a weight's squared Frobenius norm (σ²) or of the sum of its singular " +
      "values (σ) that lies in its leading directions, as many as its rank.",
    sumsTable(allocations),
    "Ranks by module; the last two rows of each column are its least and its greatest.",
    ranksTable(allocations),
  ]
    .map((part) => `${part}\n`)
    .join("\n");
}

function sumsTable(allocations: readonly Allocation[]): string {
  const header = [
    "options",
    "sum of ranks, used / limit",
    "sum of rank², used / limit",
    "trainable at first",
    "average",
    "at the end",
    "modules at 8 / 16 / 32 / 64",
    "kept of σ², mean (least)",
    "kept of σ, mean (least)",
  ];
  return table(
    header,
    allocations.map(({ options, modules, ranks, coreElements, counts }) => [
      nameOf(options),
      budget(ranks, options?.budget === "rank"),
      budget(coreElements, options?.budget === "core"),
      ...[counts.trainableInitial, Math.round(counts.trainableAverage), counts.trainableFinal].map(number),
      [8, 16, 32, 64].map((rank) => modules.filter((module) => module.rank === rank).length).join(" / "),
      kept(modules, "squared"),
      kept(modules, "plain"),
    ]),
  );
}

/** The limit stands only beside what the options limit. */
function budget(
  { used, uniform }: { readonly used: number; readonly uniform: number },
  limits: boolean,
): string {
  return limits ? `${number(used)} / ${number(uniform)}` : number(used);
}

function kept(modules: readonly Kept[], what: "squared" | "plain"): string {
  const shares = modules.map((module) => module[what]);
  const mean = shares.reduce((sum, share) => sum + share, 0) / shares.length;
  return `${mean.toFixed(3)} (${Math.min(...shares).toFixed(3)})`;
}

function ranksTable(allocations: readonly Allocation[]): string {
  const modules = allocations[0]?.modules ?? [];
  const ranksOf = ({ modules: ranked }: Allocation): number[] => ranked.map(({ rank }) => rank);
  const rows = modules.map(({ module }, index) => [
    shortName(module),
    ...allocations.map((allocation) => String(ranksOf(allocation)[index])),
  ]);
  return table(
    ["module", ...allocations.map(({ options }) => nameOf(options))],
    [
      ...rows,
      ["least", ...allocations.map((allocation) => String(Math.min(...ranksOf(allocation))))],
      ["greatest", ...allocations.map((allocation) => String(Math.max(...ranksOf(allocation))))],
    ],
  );
}

function nameOf(options: AllocationOptions): string {
  return options === null
    ? "one rank for all (LaMDA)"
    : `${options.budget === "core" ? "r²" : "r"}, ${options.direction}, ${options.energy === "squared" ? "σ²" : "σ"}`;
}

/** Layer and place: what all names begin with says nothing. */
function shortName(module: string): string {
  return module.replace(/^.*layer\./, "");
}

function number(value: number): string {
  return value.toLocaleString("en-US");
}

function table(header: readonly string[], rows: readonly (readonly string[])[]): string {
  return [header, header.map(() => "---"), ...rows].map((cells) => `| ${cells.join(" | ")} |`).join("\n");
}
