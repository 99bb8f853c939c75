/**
 * How long the grid still takes: what the running cell has left at its average speed so far, and for each cell that
 * is still to come the mean time of those that ran.
 */
export interface TimeLeft {
  startCell(nowMs: number): void;
  setSteps(stepsTotal: number): void;
  step(step: number, nowMs: number): void;
  endCell(ran: boolean, nowMs: number): void;
  /** Null as long as nothing is known. @param cellsAfter cells to come after the running one */
  leftMs(cellsAfter: number, nowMs: number): number | null;
}

export function createTimeLeft(): TimeLeft {
  let cellStartMs = 0;
  let stepsTotal: number | null = null;
  let first: { readonly step: number; readonly atMs: number } | null = null;
  let last: { readonly step: number; readonly atMs: number } | null = null;
  let ranCells = 0;
  let ranMs = 0;

  /** The running cell's remaining time, by the pace since its first step (start-up and compilation are behind it). */
  const cellLeftMs = (): number | null => {
    if (stepsTotal === null || first === null || last === null || last.step === first.step) return null;
    const stepMs = (last.atMs - first.atMs) / (last.step - first.step);
    return stepMs * (stepsTotal - last.step);
  };

  return {
    startCell(nowMs) {
      cellStartMs = nowMs;
      stepsTotal = null;
      first = null;
      last = null;
    },
    setSteps(steps) {
      stepsTotal = steps;
    },
    step(step, nowMs) {
      // A resumed run starts in mid-count, and a repeated step would give a negative pace.
      if (first === null || step <= first.step) first = { step, atMs: nowMs };
      last = { step, atMs: nowMs };
    },
    endCell(ran, nowMs) {
      if (!ran) return;
      ranCells += 1;
      ranMs += nowMs - cellStartMs;
    },
    leftMs(cellsAfter, nowMs) {
      const left = cellLeftMs();
      const soFarMs = nowMs - cellStartMs;
      const meanMs = ranCells > 0 ? ranMs / ranCells : left === null ? null : soFarMs + left;
      if (meanMs === null) return null;
      return (left ?? Math.max(meanMs - soFarMs, 0)) + cellsAfter * meanMs;
    },
  };
}
