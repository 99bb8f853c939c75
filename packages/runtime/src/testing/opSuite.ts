import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Executor } from "../execute/executor.ts";
import { opNames } from "../ops/registry.ts";
import type { OpTolerances } from "./opChecks.ts";
import { f32Tolerances, opChecks } from "./opChecks.ts";

/** Declares every check of `opChecks` as a test. */
export function runOpSuite(
  name: string,
  createExecutor: () => Executor | Promise<Executor>,
  tolerances: OpTolerances = f32Tolerances,
): void {
  describe(name, () => {
    let executor: Executor;
    beforeAll(async () => {
      executor = await createExecutor();
    });
    afterAll(async () => {
      await executor.dispose();
    });
    const checks = opChecks(tolerances);
    describe.each(opNames())("%s", (op) => {
      for (const check of checks.filter((candidate) => candidate.op === op)) {
        it(check.name, async () => expect(await check.run(executor)).toBeNull());
      }
    });
  });
}
