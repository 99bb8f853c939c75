import { resolve } from "node:path";
import { expect, it } from "vitest";
import type { CommandContext } from "../command.ts";
import { commonOptions, parseOptions } from "../options/parse.ts";
import { doctor } from "./doctor.ts";

it("doctor ends with status 1 where a setting is wrong, names it in text and document, and shows no token", async () => {
  const nowhere = resolve(import.meta.dirname, "nowhere");
  const context: CommandContext = {
    projectFolder: resolve(import.meta.dirname, "../../../.."),
    environment: { PEFTBENCH_DATA: nowhere, HF_TOKEN: "hf_secret" },
    say: () => {},
    errorOutput: { isTerminal: false, columns: 80, write: () => {} },
  };
  const result = await doctor.run(
    parseOptions([], { ...doctor.options, ...commonOptions }, "doctor"),
    context,
  );
  expect(result.exitCode).toBe(1);
  const document = JSON.parse(JSON.stringify(result.document)) as Record<string, unknown>;
  expect(document.problems).toEqual([expect.stringContaining(nowhere)]);
  expect(result.text).toContain(`PEFTBENCH_DATA: found no folder of a task of GLUE in ${nowhere}`);
  expect(document).toMatchObject({
    running: { name: expect.any(String) },
    cpuExecutor: { available: true },
    data: { source: nowhere, tasks: [] },
    hub: { hasToken: true, offline: false },
  });
  expect(`${result.text}${JSON.stringify(document)}`).not.toContain("hf_secret");
});
