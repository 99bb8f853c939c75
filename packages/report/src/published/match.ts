/** What papers append to a task's name for a part of its data or one of two metrics. */
const TASK_ENDINGS = ["m", "mm", "matched", "mismatched", "acc", "f1"];

/** Sizes, ranks, places and footnotes that papers append to a method's name: `-r8`, `-0.32M`, `-qv`, ` (peft)`. */
const METHOD_ENDING =
  /(?:[-\s](?:r\d+|\d+(?:\.\d+)?[KMB%]?|qv|all|dagger|rerun)|\s*\([^()]*\)|\s*\[[^[\]]*\])$/i;

/** Whether a figure's task is the one of this id: `SST-2` is `sst2`, and `MNLI-mm` a part of `mnli`. */
export function isTask(published: string, id: string): boolean {
  const name = bare(published);
  return [bare(id), ...TASK_ENDINGS.map((ending) => bare(id) + ending)].includes(name);
}

/**
 * Whether a published method is the one of this id, whatever its size: `LoRA-r8` is `lora`, `AdaLoRA-0.32M` is
 * `adalora`, `FullFT` is `full`. A variant with a name of its own (`LoRA-FA`) is another method.
 */
export function isMethod(published: string, id: string): boolean {
  let name = published.trim();
  while (METHOD_ENDING.test(name)) name = name.replace(METHOD_ENDING, "");
  return [bare(name), bare(name.replace(/\s*FT$/, ""))].includes(bare(id));
}

/** Letters and digits alone; `++` is said as ids say it. */
function bare(name: string): string {
  return name
    .replaceAll("+", " plus ")
    .toLowerCase()
    .replace(/[^a-z0-9]/g, "");
}
