import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { HubServer } from "@peftbench/models/hub-testing";
import { startHubServer } from "@peftbench/models/hub-testing";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { UsageError } from "../options/usageError.ts";
import type { HubAccess } from "./hub.ts";
import { dataFolderHere, modelsHere } from "./hub.ts";

const COMMIT = "0123456789abcdef0123456789abcdef01234567";
const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const parquet = (name: string): string => `sst2/${name}-00000-of-00001.parquet`;

let cache = "";
let server: HubServer;
const said: string[] = [];
beforeAll(async () => {
  cache = await mkdtemp(join(tmpdir(), "peftbench-cli-hub-"));
  server = await startHubServer([
    {
      ...{ kind: "dataset", name: "org/glue", revisions: { main: COMMIT } },
      files: {
        [parquet("train")]: bytes("train"),
        [parquet("validation")]: bytes("dev"),
        [parquet("test")]: bytes("test"),
      },
    },
    {
      ...{ kind: "model", name: "org/tiny", revisions: { main: COMMIT } },
      files: { "config.json": bytes("{}"), "model.safetensors": bytes("weights"), "README.md": bytes("#") },
      small: ["config.json"],
    },
  ]);
});
afterAll(async () => {
  await server.close();
  await rm(cache, { recursive: true });
});

const access = (): HubAccess => ({
  cacheFolder: cache,
  environment: { HF_ENDPOINT: server.endpoint },
  say: (line) => said.push(line),
});

describe("data and models of the hub", () => {
  it("are downloaded as far as they are needed, and named by the commit they are of", async () => {
    const reference = { kind: "dataset", name: "org/glue", revision: "main" } as const;
    const folder = await dataFolderHere({ kind: "hub", reference }, ["sst2"], access());
    expect(await readFile(join(folder ?? "", parquet("train")), "utf8")).toBe("train");
    await expect(readFile(join(folder ?? "", parquet("test")))).rejects.toThrow();
    expect(said.at(-1)).toContain(`hf:org/glue@${COMMIT} will always be the same`);

    const model = { kind: "model", name: "org/tiny", revision: "main" } as const;
    const models = await modelsHere([{ kind: "hub", reference: model }], { ...access() });
    expect(models).toMatchObject([{ kind: "given", name: "tiny" }]);
    expect(await readFile(join(models[0]?.folder ?? "", "model.safetensors"), "utf8")).toBe("weights");
  });

  it("are left alone where they are here already", async () => {
    expect(await dataFolderHere(null, [], access())).toBeNull();
    expect(await dataFolderHere({ kind: "folder", folder: "/a" }, ["sst2"], access())).toBe("/a");
    const given = { kind: "given", folder: "/b" } as const;
    expect(await modelsHere([given], access())).toEqual([given]);
  });

  it("that cannot be had are a wrong call, by the option's name", async () => {
    const reference = { kind: "dataset", name: "org/none", revision: "main" } as const;
    const unknown = dataFolderHere({ kind: "hub", reference }, ["sst2"], access());
    await expect(unknown).rejects.toThrow(UsageError);
    await expect(unknown).rejects.toThrow(/^--data: .*status 404/);
    const offline = dataFolderHere({ kind: "hub", reference }, ["sst2"], { ...access(), offline: true });
    await expect(offline).rejects.toThrow(/without --offline/);
    const known = { kind: "dataset", name: "org/glue", revision: "main" } as const;
    await expect(dataFolderHere({ kind: "hub", reference: known }, ["rte"], access())).rejects.toThrow(
      /^--data: rte\/train-00000/,
    );
  });
});
