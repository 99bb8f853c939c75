import { formatCount, formatDuration } from "../progress/format.ts";
import type { ProgressOutput } from "../progress/progress.ts";
import type { PretrainingEvent } from "./events.ts";

const TERMINAL_INTERVAL_MS = 500;
const PLAIN_INTERVAL_MS = 20_000;
/** Steps whose mean is shown: single losses jump. */
const SHOWN_STEPS = 50;

/** Shows a run's progress: on a terminal one line that is written over, elsewhere a line every twenty seconds. */
export function createPretrainingProgress(
  stepsTotal: number,
  output: ProgressOutput,
  nowMs: () => number,
): (event: PretrainingEvent) => void {
  let lastShownMs = Number.NEGATIVE_INFINITY;
  let heldOut = "";
  const recent: { loss: number; tokens: number; stepMs: number }[] = [];
  const show = (text: string): void => {
    if (output.isTerminal) output.write(`\r\u001b[2K${text.slice(0, Math.max(output.columns - 1, 1))}`);
    else output.write(`${text}\n`);
  };
  return (event) => {
    if (event.type === "heldOut") heldOut = `, held-out perplexity ${event.perplexity.toFixed(1)}`;
    if (event.type !== "step") return;
    recent.push({ loss: event.loss ?? Number.NaN, tokens: event.tokens, stepMs: event.stepMs });
    if (recent.length > SHOWN_STEPS) recent.shift();
    const isLast = event.step === stepsTotal;
    const interval = output.isTerminal ? TERMINAL_INTERVAL_MS : PLAIN_INTERVAL_MS;
    if (!isLast && nowMs() - lastShownMs < interval) return;
    lastShownMs = nowMs();
    const mean = (key: "loss" | "tokens" | "stepMs"): number =>
      recent.reduce((sum, step) => sum + step[key], 0) / recent.length;
    const left = formatDuration(mean("stepMs") * (stepsTotal - event.step));
    const speed = formatCount((mean("tokens") / mean("stepMs")) * 1000);
    show(
      `step ${event.step}/${stepsTotal}, loss ${mean("loss").toFixed(3)}${heldOut}, ${speed} tokens/s, ${left} left`,
    );
    if (isLast && output.isTerminal) output.write("\n");
  };
}
