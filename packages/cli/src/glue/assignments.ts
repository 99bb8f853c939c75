import type { SearchConfig, TrainingOverrides } from "@peftbench/harness";
import { searchSchema, trainingOverridesSchema } from "@peftbench/harness";
import type { PeftMethod } from "@peftbench/peft";
import { suggestion, UsageError } from "../options/usageError.ts";

/** What `--set` changes: values of the training of all methods, of single methods, and of the search. */
export interface Assignments {
  readonly training: TrainingOverrides;
  /** By the ids of methods. */
  readonly methods: ReadonlyMap<
    string,
    { readonly training: TrainingOverrides; readonly config: Readonly<Record<string, unknown>> }
  >;
  /** By dotted paths: `training.selectionRows`. */
  readonly search: ReadonlyMap<string, unknown>;
}

type Values = Record<string, unknown>;

/**
 * Reads `lora.rank=16,training.batchSize=32`. A place is `training.<option>`, `<method>.<option>`,
 * `<method>.training.<option>` or `search.<option>`; a value is JSON, or else a word. Options of training are checked
 * here; those of a method by the method itself, once all that it is run with is put together.
 * @throws {UsageError} for a place that there is not, a value that it cannot have, or a place given twice
 */
export function parseAssignments(text: string | undefined, chosen: readonly PeftMethod[]): Assignments {
  const training: Values = {};
  const search = new Map<string, unknown>();
  const methods = new Map(chosen.map(({ id }) => [id, { training: {} as Values, config: {} as Values }]));
  const owners = ["training", "search", ...methods.keys()];
  const seen = new Set<string>();
  for (const part of split(text ?? "")) {
    const at = part.indexOf("=");
    const [place, value] = [part.slice(0, at).trim(), part.slice(at + 1).trim()];
    const [owner = "", ...path] = place.split(".");
    if (at < 1 || value === "" || path.length === 0 || path.includes("")) {
      throw new UsageError(
        `--set: found ${JSON.stringify(part)}; expected a place and a value, such as lora.rank=16 or training.batchSize=32.`,
      );
    }
    if (seen.has(place)) throw new UsageError(`--set: found ${place} twice; give it once.`);
    seen.add(place);
    if (!owners.includes(owner)) {
      throw new UsageError(
        `--set: found ${owner} in ${place}.${suggestion(owner, owners)} Allowed before the dot: training, search, ` +
          `and the methods of this call (${[...methods.keys()].join(", ")}).`,
      );
    }
    const method = methods.get(owner);
    if (owner === "search") search.set(path.join("."), readValue(value));
    else if (method === undefined) training[path.join(".")] = readValue(value);
    else if (path.length === 2 && path[0] === "training") method.training[path[1] ?? ""] = readValue(value);
    else if (path.length === 1) method.config[path[0] ?? ""] = readValue(value);
    else
      throw new UsageError(
        `--set: found ${place}; expected ${owner}.<option> or ${owner}.training.<option>.`,
      );
  }
  return {
    training: trainingOf(training, "training"),
    methods: new Map(
      [...methods].map(([id, { config, ...own }]) => [
        id,
        { config, training: trainingOf(own.training, `${id}.training`) },
      ]),
    ),
    search,
  };
}

/** A search with what `--set search.…` changes of it. @throws {UsageError} */
export function assignSearch(search: SearchConfig, assigned: Assignments["search"]): SearchConfig {
  const changed: Values = structuredClone(search);
  for (const [path, value] of assigned) {
    const names = path.split(".");
    const last = names.pop() ?? "";
    let holder = changed;
    for (const name of names) {
      holder[name] ??= {};
      holder = holder[name] as Values;
    }
    holder[last] = value;
  }
  const parsed = searchSchema.safeParse(changed);
  if (parsed.success) return parsed.data;
  throw new UsageError(`--set: search.${problemOf(parsed.error.issues, changed)}`);
}

/** The first thing that is wrong, under its dotted path, with what was found there. @param value what was looked at */
export function problemOf(
  issues: readonly { readonly path: PropertyKey[]; readonly message: string }[],
  value: unknown,
): string {
  const [first] = issues;
  if (first === undefined) return "wrong";
  if (first.path.length === 0) return first.message;
  const found = first.path.reduce<unknown>(
    (holder, key) => (holder as Values | undefined)?.[String(key)],
    value,
  );
  return `${first.path.join(".")}: found ${JSON.stringify(found) ?? "nothing"}; ${first.message}`;
}

function trainingOf(values: Values, owner: string): TrainingOverrides {
  const known = Object.keys(trainingOverridesSchema.shape);
  const unknown = Object.keys(values).find((name) => !known.includes(name));
  if (unknown !== undefined) {
    throw new UsageError(
      `--set: found ${owner}.${unknown}.${suggestion(unknown, known)} Options of training: ${known.join(", ")}.`,
    );
  }
  const parsed = trainingOverridesSchema.safeParse(values);
  if (parsed.success) return parsed.data;
  throw new UsageError(`--set: ${owner}.${problemOf(parsed.error.issues, values)}`);
}

/** At the commas before a place, so that lists may hold commas: `lora.targetModules=["query","value"]`. */
function split(text: string): readonly string[] {
  return text
    .split(/,(?=\s*[\w-]+\.[\w.]+\s*=)/)
    .map((part) => part.trim())
    .filter((part) => part !== "");
}

function readValue(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
