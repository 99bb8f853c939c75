import type { LinearModule } from "@peftbench/models";
import { MethodError } from "./errors.ts";

/** Names or name endings of modules, or one regular expression for whole names, as PEFT's `target_modules`. */
export type TargetModules = readonly string[] | string;

/**
 * The modules that `targetModules` selects, by PEFT's rules: a list matches whole names and endings after a dot, also
 * of a module's aliases; a string is a regular expression for the whole name; `all-linear` takes every linear module but the head.
 *
 * @throws MethodError if a list entry, or the whole pattern, selects nothing.
 */
export function selectTargets(
  modules: readonly LinearModule[],
  targetModules: TargetModules,
): readonly LinearModule[] {
  const candidates = modules.filter((module) => !module.head);
  if (targetModules === "all-linear") return candidates;
  if (typeof targetModules === "string") {
    const pattern = compile(targetModules);
    const matched = candidates.filter((module) => pattern.test(module.name));
    if (matched.length === 0) throw noTarget(targetModules, candidates);
    return matched;
  }
  for (const target of targetModules) {
    if (!candidates.some((module) => matches(module, target))) throw noTarget(target, candidates);
  }
  return candidates.filter((module) => targetModules.some((target) => matches(module, target)));
}

/**
 * `target_modules` of PEFT's configuration for the modules that `targetModules` selected. A pattern becomes the list of
 * what it selected: Python and JavaScript do not agree on every expression. So does a list with an alias, which PEFT
 * does not know.
 */
export function peftTargetModules(
  selected: readonly LinearModule[],
  targetModules: TargetModules,
): readonly string[] {
  const knows = ({ name }: LinearModule): boolean =>
    typeof targetModules !== "string" && targetModules.some((target) => isNamedBy(name, target));
  return typeof targetModules !== "string" && selected.every(knows)
    ? targetModules
    : selected.map(({ name }) => name);
}

/**
 * What a pattern by name endings (PEFT's `rank_pattern`) says of a module; undefined where it says nothing.
 *
 * @param option the pattern's name, for errors
 * @throws MethodError if a key matches none of the selected modules, or two keys match the module
 */
export function patternValue(
  option: string,
  pattern: Readonly<Record<string, number>>,
  module: LinearModule,
  selected: readonly LinearModule[],
): number | undefined {
  for (const key of Object.keys(pattern)) {
    if (!selected.some((other) => matches(other, key))) throw noTarget(key, selected, option);
  }
  const [own, other] = Object.keys(pattern).filter((key) => matches(module, key));
  if (own === undefined) return undefined;
  if (other !== undefined) {
    throw new MethodError(
      `${option}: "${own}" and "${other}" both match ${module.name}. Name each module in one entry.`,
    );
  }
  return pattern[own];
}

function matches({ name, aliases = [] }: LinearModule, target: string): boolean {
  return [name, ...aliases].some((each) => isNamedBy(each, target));
}

function isNamedBy(name: string, target: string): boolean {
  return name === target || name.endsWith(`.${target}`);
}

function compile(pattern: string): RegExp {
  try {
    return new RegExp(`^(?:${pattern})$`);
  } catch (error) {
    throw new MethodError(
      `targetModules "${pattern}" is not a regular expression: ${(error as Error).message}.`,
    );
  }
}

function noTarget(
  target: string,
  candidates: readonly LinearModule[],
  option = "targetModules",
): MethodError {
  const endings = new Set(candidates.map((module) => module.name.split(/\.\d+\./).at(-1)));
  const all = option === "targetModules" ? '; or use "all-linear"' : "";
  return new MethodError(
    `${option}: "${target}" matches no linear module. There are ${[...endings].join(", ")}${all}.`,
  );
}
