import { groupBy } from "./groupBy.ts";
import { taskText } from "./origin.ts";
import type { RunRow } from "./runs.ts";
import { flatten, trainingSettingsOf } from "./runs.ts";

/** What one method was run with on one model, by name of the setting. */
export interface MethodSettings {
  readonly method: string;
  /** The method's id, which several configurations of one method share. */
  readonly id: string;
  /** Of training, whatever the method. */
  readonly training: ReadonlyMap<string, readonly SettingValue[]>;
  /** Of the method itself. */
  readonly own: ReadonlyMap<string, readonly SettingValue[]>;
}

/** A value and the tasks, as sentences name them, where it held; a setting has several where tasks or seeds differ in it. */
export interface SettingValue {
  readonly value: string;
  readonly tasks: readonly string[];
}

/** Settings by method, in the order of names. */
export function summarizeSettings(rows: readonly RunRow[]): readonly MethodSettings[] {
  return groupBy(rows, ({ method }) => method)
    .map((group) => ({
      method: group[0]?.method ?? "",
      id: group[0]?.result.cell.method ?? "",
      training: valuesOf(group, ({ result }) => trainingSettingsOf(result)),
      own: valuesOf(group, ({ result }) => {
        const settings = new Map<string, string>();
        flatten(result.cell.config.method, "", settings);
        return settings;
      }),
    }))
    .sort((a, b) => (a.method < b.method ? -1 : 1));
}

function valuesOf(
  rows: readonly RunRow[],
  settingsOf: (row: RunRow) => ReadonlyMap<string, string>,
): ReadonlyMap<string, readonly SettingValue[]> {
  const found = rows.map((row) => ({ task: taskText(row), settings: settingsOf(row) }));
  const names = new Set(found.flatMap(({ settings }) => [...settings.keys()]));
  return new Map(
    [...names].map((name) => {
      const values = groupBy(found, ({ settings }) => settings.get(name) ?? "unset");
      return [
        name,
        values.map((group) => ({
          value: group[0]?.settings.get(name) ?? "unset",
          tasks: [...new Set(group.map(({ task }) => task))],
        })),
      ];
    }),
  );
}

/** What the methods of a table share, and what sets them apart. */
export interface ComparedSettings {
  /** Several methods have it, all of them with one value. */
  readonly shared: readonly { readonly name: string; readonly value: string }[];
  /** Several methods have it, and it is not the same for all of them. */
  readonly differing: readonly string[];
}

/** Compares one kind of settings over methods; what only one method has, always alike, is in neither list. */
export function compareSettings(
  methods: readonly MethodSettings[],
  kind: "training" | "own",
): ComparedSettings {
  const names = [...new Set(methods.flatMap((each) => [...each[kind].keys()]))];
  const shared: { name: string; value: string }[] = [];
  const differing: string[] = [];
  for (const name of names) {
    const having = methods.filter((each) => each[kind].has(name));
    const values = having.flatMap((each) => (each[kind].get(name) ?? []).map(({ value }) => value));
    const [value, ...others] = new Set(values);
    // What several configurations of one method share says nothing about methods; of training it says all there is.
    const isShared = kind === "training" || new Set(having.map(({ id }) => id)).size > 1;
    if (others.length > 0) differing.push(name);
    else if (isShared && value !== undefined) shared.push({ name, value });
  }
  return { shared, differing };
}
