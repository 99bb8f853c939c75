import type { CellSpec } from "../grid/cellSpec.ts";
import type { CellReport, GridListener } from "../grid/runGrid.ts";
import type { RunEvent, StepEvent } from "../result/events.ts";
import type { RunResult } from "../result/schema.ts";
import { createTimeLeft } from "./estimate.ts";
import { formatCount, formatDuration } from "./format.ts";

/** Where progress is shown: standard error, as a rule. */
export interface ProgressOutput {
  readonly isTerminal: boolean;
  /** Width of the terminal in characters. */
  readonly columns: number;
  readonly write: (text: string) => void;
}

const TERMINAL_INTERVAL_MS = 100;
const PLAIN_INTERVAL_MS = 10_000;

/**
 * Shows a grid's progress: on a terminal one line that is written over, elsewhere a plain line every ten seconds. Ends
 * of cells, warnings and failures get a line of their own in both.
 */
export function createProgress(output: ProgressOutput, nowMs: () => number): GridListener {
  const timeLeft = createTimeLeft();
  let place = "";
  let cellsAfter = 0;
  let cellStartMs = 0;
  let stepsTotal: number | null = null;
  let lastShownMs = Number.NEGATIVE_INFINITY;
  let liveLine = false;

  const clear = (): void => {
    if (liveLine) output.write("\r\u001b[2K");
    liveLine = false;
  };
  const line = (text: string): void => {
    clear();
    output.write(`${text}\n`);
  };
  const show = (text: string, force = false): void => {
    const interval = output.isTerminal ? TERMINAL_INTERVAL_MS : PLAIN_INTERVAL_MS;
    const now = nowMs();
    if (!force && now - lastShownMs < interval) return;
    lastShownMs = now;
    if (!output.isTerminal) {
      line(text);
      return;
    }
    clear();
    // Never wider than the terminal: a wrapped line could not be written over.
    output.write(text.slice(0, Math.max(output.columns - 1, 1)));
    liveLine = true;
  };

  const describeStep = (event: StepEvent): string => {
    const left = timeLeft.leftMs(cellsAfter, nowMs());
    const parts = [
      `step ${event.step}${stepsTotal === null ? "" : `/${stepsTotal}`}`,
      `loss ${event.loss === null ? "not finite" : event.loss.toFixed(4)}`,
      `${formatCount(event.stepMs > 0 ? (event.tokens / event.stepMs) * 1000 : 0)} tokens/s`,
      ...(left === null ? [] : [`${formatDuration(left)} left`]),
    ];
    return `${place}  ${parts.join("  ")}`;
  };

  return {
    onCellStart(spec, index, count) {
      place = placeOf(spec, index, count);
      cellsAfter = count - index - 1;
      cellStartMs = nowMs();
      stepsTotal = null;
      timeLeft.startCell(cellStartMs);
      show(`${place}  starting`, true);
    },
    onEvent(_spec, event: RunEvent) {
      switch (event.type) {
        case "phase":
          if (event.stepsTotal !== null) {
            stepsTotal = event.stepsTotal;
            timeLeft.setSteps(event.stepsTotal);
          }
          show(`${place}  ${event.phase}`);
          break;
        case "step":
          timeLeft.step(event.step, nowMs());
          show(describeStep(event));
          break;
        case "resume":
          line(`${place}  goes on after step ${event.step}`);
          break;
        case "warning":
          line(`${place}  warning: ${event.message}`);
          break;
        default:
          break;
      }
    },
    onCellEnd(report, index, count) {
      timeLeft.endCell(report.outcome === "ran", nowMs());
      line(`${placeOf(report.spec, index, count)}  ${describeEnd(report, nowMs() - cellStartMs)}`);
    },
  };
}

function placeOf(spec: CellSpec, index: number, count: number): string {
  const { model, method, task, seed, config } = spec.cell;
  const what =
    spec.purpose === "trial" ? `trial at learning rate ${config.training.learningRate}` : `seed ${seed}`;
  return `[${index + 1}/${count}] ${model} ${method} ${task} ${what}`;
}

function describeEnd(report: CellReport, durationMs: number): string {
  if (report.outcome === "notStarted") return "not started";
  if (report.outcome === "busy") return "left to another process that is at it";
  const result = report.result;
  if (result === null) return report.outcome;
  if (result.error !== null) {
    const { message, remedy } = result.error;
    return `${result.status}: ${message}${remedy === null || message.includes(remedy) ? "" : ` ${remedy}`}`;
  }
  const score = scoreOf(result);
  return report.outcome === "skipped"
    ? `finished before: ${score}`
    : `${score} in ${formatDuration(durationMs)}`;
}

/** Of a trial the score on held-out rows, by which it is judged; of what is reported that on dev. */
function scoreOf({ purpose, metrics, selectionMetrics }: RunResult): string {
  const isTrial = purpose === "trial";
  const primary = (isTrial ? selectionMetrics : metrics).find((metric) => metric.primary);
  if (primary === undefined) return "no score";
  return `${primary.name} ${primary.value?.toFixed(4) ?? "none"}${isTrial ? " held out" : ""}`;
}
