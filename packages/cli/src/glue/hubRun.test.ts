import { createHash } from "node:crypto";
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { writeTinyModel } from "@peftbench/harness/testing";
import type { HubServer } from "@peftbench/models/hub-testing";
import { startHubServer } from "@peftbench/models/hub-testing";
import { glueTasks } from "@peftbench/tasks";
import { parquetFile } from "@peftbench/tasks/parquet-testing";
import { afterAll, beforeAll, expect, it } from "vitest";
import { runCommandLine } from "../commandLine.ts";
import { commands } from "../commands/index.ts";

const COMMIT = "0123456789abcdef0123456789abcdef01234567";
const TOKEN = "hf_aVerySecretTokenOfOurs";

let folder = "";
let server: HubServer;
let files: Readonly<Record<string, Uint8Array>> = {};
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "peftbench-hub-run-"));
  await writeTinyModel(join(folder, "tiny"));
  const sst2 = glueTasks.find(({ id }) => id === "sst2");
  if (sst2 === undefined) throw new Error("there is no task sst2");
  const rows = (count: number) => ({
    text: Array.from({ length: count }, (_, index) => `film ${index % 2 === 0 ? "good" : "bad"} ${index}`),
    label: Array.from({ length: count }, (_, index) => 1 - (index % 2)),
  });
  files = {
    "sst2/train-00000-of-00001.parquet": parquetFile(sst2, rows(96)),
    "sst2/validation-00000-of-00001.parquet": parquetFile(sst2, rows(24)),
  };
  server = await startHubServer([{ kind: "dataset", name: "org/glue", revisions: { main: COMMIT }, files }]);
  server.misbehaviour.token = TOKEN;
});
afterAll(async () => {
  await server.close();
  await rm(folder, { recursive: true, force: true });
});

async function bench(...words: string[]) {
  let output = "";
  let errors = "";
  const write = (text: string): void => {
    errors += text;
  };
  const status = await runCommandLine(
    [
      ...["glue", "--data", "hf:org/glue", "--model", join(folder, "tiny"), "--preset", "smoke"],
      ...["--methods", "lora", "--threads", "1", "--device", "cpu", "--no-probe", "--json", ...words],
    ],
    commands,
    {
      isTerminal: false,
      write: (text) => {
        output += text;
      },
    },
    {
      projectFolder: resolve(import.meta.dirname, "../../../.."),
      environment: {
        HF_ENDPOINT: server.endpoint,
        HF_TOKEN: TOKEN,
        XDG_CACHE_HOME: join(folder, "cache"),
      },
      say: (line) => write(`${line}\n`),
      errorOutput: { isTerminal: false, columns: 80, write },
    },
  );
  return { status, output, errors };
}

const sha256 = (bytes: Uint8Array | undefined): string =>
  createHash("sha256")
    .update(bytes ?? "")
    .digest("hex");

it("a result of the hub's data has repository, commit, rows and checksums; the token is nowhere", async () => {
  const out = join(folder, "out");
  const first = await bench("--out", out);
  expect(first.status, first.errors).toBe(0);
  const names = await readdir(out, { recursive: true, withFileTypes: true });
  const result = names.find(({ name }) => name === "result.json");
  const { data } = JSON.parse(await readFile(join(result?.parentPath ?? "", "result.json"), "utf8"));
  const [train, dev] = Object.values(files);
  expect(data).toMatchObject({
    source: "Hugging Face hub, org/glue, sst2 (parquet)",
    revision: COMMIT,
    files: [
      { split: "train", rows: 96, sha256: sha256(train) },
      { split: "dev", rows: 24, sha256: sha256(dev) },
    ],
  });

  // What is here needs no network: the same cell is found finished.
  const before = server.requests.length;
  const offline = await bench("--out", out, "--offline");
  expect(offline.status, offline.errors).toBe(0);
  expect(JSON.parse(offline.output).cells[0].outcome).toBe("skipped");
  expect(server.requests).toHaveLength(before);

  const all = [first.output, first.errors, offline.output, offline.errors];
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    if (entry.isFile()) all.push(await readFile(join(entry.parentPath, entry.name), "latin1"));
  }
  expect(all.length).toBeGreaterThan(8);
  expect(all.filter((text) => text.includes(TOKEN))).toEqual([]);
});
