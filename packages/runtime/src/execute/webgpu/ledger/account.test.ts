import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createAccount } from "./account.ts";

describe("account", () => {
  it("keeps what was held at the highest moment, not each role's own highest", () => {
    const account = createAccount("train");
    account.add("workspace", 100);
    account.remove("workspace", 100);
    account.add("gradient", 80);
    account.add("savedActivation", 40);
    expect(account.phasePeaks()).toEqual([
      {
        phase: "train",
        peakBytes: 120,
        byRoleAtPeak: { gradient: 80, savedActivation: 40 },
        peakByRole: { workspace: 100, gradient: 80, savedActivation: 40 },
      },
    ]);
  });

  it("starts a phase from what is held when it begins", () => {
    const account = createAccount("load");
    account.add("baseWeight", 50);
    account.add("staging", 50);
    account.remove("staging", 50);
    account.beginPhase("eval");
    expect(account.phasePeaks().map(({ phase, peakBytes }) => [phase, peakBytes])).toEqual([
      ["load", 100],
      ["eval", 50],
    ]);
    expect(account.phasePeaks()[1]?.byRoleAtPeak).toEqual({ baseWeight: 50 });
  });

  it("takes a phase up again with the peak that it had", () => {
    const account = createAccount("train");
    account.add("workspace", 70);
    account.remove("workspace", 70);
    account.beginPhase("eval");
    account.add("workspace", 90);
    account.remove("workspace", 90);
    account.beginPhase("train");
    account.add("workspace", 60);
    expect(account.phasePeaks().map(({ peakBytes }) => peakBytes)).toEqual([70, 90]);
  });

  it("agrees with a list of everything held, over any history", () => {
    const steps = fc.array(
      fc.record({
        action: fc.constantFrom("add", "remove", "phase"),
        role: fc.constantFrom("a", "b"),
        bytes: fc.nat(100),
        phase: fc.constantFrom("x", "y"),
      }),
    );
    fc.assert(
      fc.property(steps, (history) => {
        const account = createAccount("x");
        const held: { role: string; bytes: number }[] = [];
        const peaks: Record<string, number> = { x: 0 };
        let phase = "x";
        for (const step of history) {
          if (step.action === "add") {
            held.push(step);
            account.add(step.role, step.bytes);
          } else if (step.action === "remove") {
            const first = held.shift();
            if (first !== undefined) account.remove(first.role, first.bytes);
          } else {
            phase = step.phase;
            account.beginPhase(phase);
          }
          const sum = held.reduce((total, { bytes }) => total + bytes, 0);
          peaks[phase] = Math.max(peaks[phase] ?? 0, sum);
          expect(account.currentBytes()).toBe(sum);
        }
        for (const { phase: name, peakBytes, byRoleAtPeak } of account.phasePeaks()) {
          expect(peakBytes).toBe(peaks[name]);
          expect(Object.values(byRoleAtPeak).reduce((total, bytes) => total + bytes, 0)).toBe(peakBytes);
        }
      }),
    );
  });
});
