import type { SavePolicy } from "@peftbench/runtime";
import type { KeptTensor, NeededTensor } from "./keptInLayer.ts";
import { BATCH, SIZES } from "./layerCases.ts";
import type { MeasuredPart } from "./measureCases.ts";

const { hidden, intermediate, heads } = SIZES;
const { rows, length } = BATCH;

export function markdownTable(header: readonly string[], lines: readonly (readonly string[])[]): string {
  return [header, header.map(() => "---"), ...lines].map((cells) => `| ${cells.join(" | ")} |`).join("\n");
}

/** A shape in symbols: N rows of tokens, d hidden, f intermediate, r rank, b rows of the batch, a heads, L tokens a row. */
export function symbolicShape(shape: readonly number[]): string {
  const known = new Map<number, string>([
    [rows * length, "N"],
    [hidden, "d"],
    [intermediate, "f"],
    [1, "1"],
  ]);
  if (shape.length === 2 && shape[0] === rows && shape[1] === length) return "[b, L]";
  if (shape.length <= 2) return `[${shape.map((size) => known.get(size) ?? "r").join(", ")}]`;
  const byAxis = (size: number, axis: number): string => {
    if (axis === 0) return "b";
    if (size === heads) return "a";
    if (size === length) return "L";
    return size === hidden / heads ? "d/a" : String(size);
  };
  return `[${shape.map(byAxis).join(", ")}]`;
}

export function megabytes(bytes: number): string {
  return (bytes / 1e6).toFixed(2);
}

/** Names of modules and tensors without what all of a layer have in common. */
export function shortened(text: string): string {
  return text
    .replaceAll("attention.self.", "")
    .replaceAll(/(layer norm |gradient of )bert\.encoder\.layer\.\d+\./g, "the layer below's $1");
}

/** Section 15 beside what the graph's gradients read, a line a part. */
export function checkTable(parts: readonly MeasuredPart[]): string {
  return markdownTable(
    ["method", "section 15", "read by the weights' own gradients", "made as", "check"],
    parts.map(({ title, section15, needs, check, kept }) => [
      title,
      section15 === null ? "-" : section15.saved.join(", ") || "nothing",
      needs.join("; "),
      formulas(kept.modules[0]?.needs ?? []),
      check,
    ]),
  );
}

function formulas(needs: readonly NeededTensor[]): string {
  const written = needs.filter(({ symbol }) => symbol !== null && symbol !== "x");
  return written.map(({ symbol, formula }) => `${symbol} = ${formula}`).join("; ") || "-";
}

/** What each part keeps of the layer, a line a part, a column a case: beyond the frozen layer, and in all. */
export function totalsTable(
  cases: readonly { readonly title: string; readonly parts: readonly MeasuredPart[] }[],
): string {
  const titles = [...new Set(cases.flatMap(({ parts }) => parts.map(({ title }) => title)))];
  return markdownTable(
    ["method", ...cases.map(({ title }) => title)],
    titles.map((title) => [
      title,
      ...cases.map(({ parts }) => {
        const part = parts.find((candidate) => candidate.title === title);
        if (part === undefined) return "";
        const { beyondFrozenBytes, kept } = part;
        return part.method === "frozen"
          ? megabytes(kept.totalBytes)
          : `${beyondFrozenBytes < 0 ? "-" : "+"}${megabytes(Math.abs(beyondFrozenBytes))}`;
      }),
    ]),
  );
}

/** Every kept tensor, a line each, and a column for each part: MB; bold where nobody but the method reads it. */
export function tensorTable(parts: readonly MeasuredPart[]): string {
  const lines = new Map<string, KeptTensor[]>();
  for (const { kept } of parts) {
    for (const tensor of kept.tensors) lines.set(tensor.name, [...(lines.get(tensor.name) ?? []), tensor]);
  }
  const cell = (part: MeasuredPart, name: string): string => {
    const tensor = part.kept.tensors.find((candidate) => candidate.name === name);
    if (tensor === undefined) return "";
    const size = tensor.bytes < 5e3 ? `${(tensor.bytes / 1e3).toFixed(1)} kB` : megabytes(tensor.bytes);
    if (tensor.keptBelow) return `(${size})`;
    return tensor.forMethodAlone ? `**${size}**` : size;
  };
  return markdownTable(
    ["tensor", "made by", "shape", "read in backward by", ...parts.map(({ title }) => title)],
    [...lines].map(([name, tensors]) => {
      const readers = new Set(
        tensors.flatMap((tensor) => tensor.readers.map(({ text }) => readerText(text))),
      );
      return [
        shortened(name),
        shortened(tensors[0]?.madeBy ?? "")
          .replace(/\(bert\.encoder\.layer\.\d+\)/, "")
          .trim(),
        [...new Set(tensors.map(({ shape }) => symbolicShape(shape)))].join(" "),
        [...readers].map(shortened).join("; "),
        ...parts.map((part) => cell(part, name)),
      ];
    }),
  );
}

/** Methods name their parameters differently; in a line of all methods it is the module that counts. */
function readerText(text: string): string {
  const own = /^gradient of (.*)'s /.exec(text);
  return own === null ? text : `own gradients of ${own[1]}`;
}

/** For each part and weight, what becomes of the tensors that its gradients read; weights that are alike share a line. */
export function reasonsTable(
  parts: readonly { readonly title: string; readonly policies: ReadonlyMap<SavePolicy, MeasuredPart> }[],
): string {
  const lines = parts.flatMap(({ title, policies }) => {
    const groups = new Map<string, { modules: string[]; cells: readonly string[] }>();
    const modules = policies.get("eager")?.kept.modules ?? [];
    for (const { module } of modules) {
      const cells = [...policies.values()].map(({ kept }) => {
        const found = kept.modules.find((candidate) => candidate.module === module);
        return (found?.needs ?? []).map(reason).join("; ").replaceAll(module, "it") || "nothing is needed";
      });
      const key = cells.join("|").replaceAll(/gradients of [^;)|]*/g, "gradients");
      const group = groups.get(key) ?? { modules: [], cells };
      group.modules.push(module);
      groups.set(key, group);
    }
    return [...groups.values()].map(({ modules: alike, cells }) => [
      title,
      alike.map(shortened).join(", "),
      ...cells.map(shortened),
    ]);
  });
  return markdownTable(["method", "weight", "eager", "recompute"], lines);
}

function reason({ symbol, formula, isKept, from }: NeededTensor): string {
  const name = symbol === null || symbol === "x" ? formula : symbol;
  if (isKept) {
    const others = othersText(from.flatMap(({ alsoReadBy }) => alsoReadBy));
    return `${name} is kept${others === null ? ", for it alone" : `; also for ${others}`}`;
  }
  if (from.length === 0) return `${name} is made again of weights`;
  const sources = from.map((source) => {
    const others = othersText(source.alsoReadBy);
    return `the ${source.name}${others === null ? "" : `, kept for ${others}`}`.replace(
      /^the ([hu]) of .*?(?=,|$)/,
      "$1",
    );
  });
  return `${name} is made again from ${sources.join(" and ")}`;
}

/** Readers in words: what keeps the tensor whatever the method first. */
function othersText(readers: readonly string[]): string | null {
  const isOwn = (text: string): boolean => /^gradient of .*'s /.test(text);
  const rest = [...new Set(readers.filter((text) => !isOwn(text)))];
  const others = readers.some(isOwn) ? ["the own gradients of others that read x"] : [];
  return [...rest, ...others].join("; ") || null;
}
