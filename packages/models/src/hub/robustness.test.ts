import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdtemp, readdir, readFile, rm, symlink, unlink, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { HubError } from "./errors.ts";
import { parseHubReference } from "./reference.ts";
import { hubSettings } from "./settings.ts";
import type { SnapshotOptions } from "./snapshot.ts";
import { fetchSnapshot } from "./snapshot.ts";
import type { HubServer } from "./testing/hubServer.ts";
import { startHubServer } from "./testing/hubServer.ts";

const COMMIT = "0123456789abcdef0123456789abcdef01234567";
const TOKEN = "hf_aVerySecretTokenOfOurs";
const weights = Uint8Array.from({ length: 1_200_000 }, (_, index) => (index * 7919) % 251);
const config = new TextEncoder().encode('{"model_type":"bert"}\n');

let cache = "";
let server: HubServer;
beforeEach(async () => {
  cache = await mkdtemp(join(tmpdir(), "peftbench-hub-"));
  server = await startHubServer([
    {
      ...{ kind: "model", name: "org/tiny", revisions: { main: COMMIT } },
      files: { "config.json": config, "model.safetensors": weights },
      small: ["config.json"],
    },
  ]);
});
afterEach(async () => {
  await server.close();
  await rm(cache, { recursive: true, force: true });
});

function fetchModel(options: Partial<SnapshotOptions> = {}) {
  return fetchSnapshot(parseHubReference("model", "hf:org/tiny"), {
    select: (paths) => paths,
    cacheFolder: cache,
    environment: { HF_ENDPOINT: server.endpoint },
    wait: async () => {},
    ...options,
  });
}

async function failure(fetching: Promise<unknown>): Promise<HubError> {
  const outcome = await fetching.catch((error: unknown) => error);
  if (outcome instanceof HubError) return outcome;
  throw new Error(`expected a HubError, got ${outcome instanceof Error ? outcome.stack : outcome}`);
}

const contentsFolder = (): string => join(cache, "hub", "contents");

describe("a file system that takes no more", () => {
  it.skipIf(!existsSync("/dev/full"))(
    "is an error with a remedy, and the next call goes on (needs /dev/full)",
    async () => {
      await fetchModel({ select: () => ["config.json"] });
      const { id } = JSON.parse(
        await readFile(join(cache, "hub/models/org--tiny/trees", `${COMMIT}.json`), "utf8"),
      )[1] as { id: { hex: string } };
      // What a process that is no more left: every byte that is written to it fails as on a full disk.
      await symlink("/dev/full", join(contentsFolder(), `sha256-${id.hex}.999999999.partial`));
      const error = await failure(fetchModel());
      expect(error.code).toBe("cannot-write");
      expect(error.message).toMatch(
        /found no space left \(ENOSPC\).*Make room.*goes on with what is already/,
      );
      await unlink(join(contentsFolder(), `sha256-${id.hex}.${process.pid}.partial`));
      const { folder } = await fetchModel();
      expect((await readFile(join(folder, "model.safetensors"))).equals(weights)).toBe(true);
    },
  );

  it("is named where the cache folder cannot be one", async () => {
    const file = join(cache, "file");
    await writeFile(file, "");
    const error = await failure(fetchModel({ cacheFolder: file }));
    expect(error).toMatchObject({ code: "cannot-write", place: expect.stringContaining(file) });
    expect(error.message).toMatch(/ENOTDIR.*writable/);
  });
});

describe("two processes at once", () => {
  it("both have every file whole, and leave nothing behind", async () => {
    server.misbehaviour.cut = { afterBytes: 400_000, times: 4 };
    const program = fileURLToPath(new URL("./testing/fetchProcess.ts", import.meta.url));
    const run = () =>
      new Promise<number | null>((resolve) => {
        const child = spawn(process.execPath, ["--import", "tsx", program, "hf:org/tiny", cache], {
          env: { ...process.env, HF_ENDPOINT: server.endpoint, NO_PROXY: "127.0.0.1" },
          stdio: "ignore",
        });
        child.on("close", resolve);
      });
    expect(await Promise.all([run(), run()])).toEqual([0, 0]);
    const snapshot = join(cache, "hub/models/org--tiny", COMMIT);
    expect((await readFile(join(snapshot, "model.safetensors"))).equals(weights)).toBe(true);
    expect((await readdir(snapshot)).sort()).toEqual([
      ...[".peftbench-hub", "config.json", "model.safetensors"],
    ]);
    expect(await readdir(contentsFolder())).toHaveLength(2);
  }, 120_000);
});

it("gives the published bytes again where a changed file is removed, though the cache was changed with it", async () => {
  const { folder } = await fetchModel();
  const path = join(folder, "model.safetensors");
  await writeFile(
    path,
    weights.map((byte) => byte ^ 1),
    { mode: 0o644 },
  ).catch(async () => {
    // Read-only for whoever is not root: a change of the cache itself, then.
    const [name = ""] = (await readdir(contentsFolder())).filter((one) => one.startsWith("sha256-"));
    await rm(join(contentsFolder(), name));
    await writeFile(
      join(contentsFolder(), name),
      weights.map((byte) => byte ^ 1),
    );
  });
  await rm(path);
  await fetchModel();
  expect((await readFile(path)).equals(weights)).toBe(true);
});

describe("secrets", () => {
  it("are in no error, no line that is said and no file, whatever goes wrong", async () => {
    const said: string[] = [];
    const say = (line: string): void => void said.push(line);
    const environment = { HF_ENDPOINT: server.endpoint, HF_TOKEN: TOKEN };
    const attempts: (() => Promise<unknown>)[] = [
      () => fetchModel({ environment, say, offline: true }),
      async () => {
        server.misbehaviour.token = "hf_another";
        await fetchModel({ environment, say });
      },
      async () => {
        server.misbehaviour.token = TOKEN;
        server.misbehaviour.damages = "model.safetensors";
        await fetchModel({ environment, say });
      },
      async () => {
        delete server.misbehaviour.damages;
        server.misbehaviour.cut = { afterBytes: 0, times: 100 };
        await fetchModel({ environment, say });
      },
      async () => {
        server.misbehaviour.status = { code: 403, times: 100 };
        await fetchModel({ environment, say });
      },
      () => fetchModel({ environment: { ...environment, HF_TOKEN: `${TOKEN}\nsecond` }, say }),
      () => fetchModel({ environment: { HF_ENDPOINT: `http://user:${TOKEN}@127.0.0.1:1` }, say }),
      () => fetchModel({ environment: { ...environment, HTTP_PROXY: `user:${TOKEN}@127.0.0.1` }, say }),
      () =>
        fetchModel({
          environment: {
            HF_ENDPOINT: "http://hub.invalid",
            HF_TOKEN: TOKEN,
            HTTP_PROXY: `http://user:${TOKEN}@127.0.0.1:1`,
          },
          say,
        }),
    ];
    for (const attempt of attempts) {
      const { message, stack, cause } = await failure(attempt());
      expect(`${message}${stack}${cause}`).not.toMatch(/hf_|X-Signature/);
    }
    server.misbehaviour.cut = { afterBytes: 0, times: 0 };
    server.misbehaviour.status = { code: 403, times: 0 };
    await fetchModel({ environment, say });
    expect(said.length).toBeGreaterThan(0);
    expect(said.join("\n")).not.toContain(TOKEN);
    for (const name of await readdir(cache, { recursive: true, withFileTypes: true })) {
      if (!name.isFile()) continue;
      expect((await readFile(join(name.parentPath, name.name))).includes(TOKEN)).toBe(false);
    }
  });

  it("are refused where they do not belong", () => {
    const refused = (environment: Record<string, string>) => {
      try {
        return hubSettings(environment);
      } catch (error) {
        return error instanceof HubError ? `${error.code} ${error.place}` : error;
      }
    };
    expect(refused({ HF_ENDPOINT: "https://a:b@hub.example" })).toBe("bad-settings HF_ENDPOINT");
    expect(refused({ HF_TOKEN: "hf_a b" })).toBe("bad-settings HF_TOKEN");
    expect(refused({ HF_TOKEN: " hf_a\n" })).toMatchObject({ token: "hf_a" });
  });
});

it("says so where a redirect leads to no address", async () => {
  const wrong = createServer((_, response) => response.writeHead(302, { location: "http://[" }).end());
  await new Promise<void>((resolve) => wrong.listen(0, "127.0.0.1", resolve));
  const environment = { HF_ENDPOINT: `http://127.0.0.1:${(wrong.address() as AddressInfo).port}` };
  expect((await failure(fetchModel({ environment }))).code).toBe("bad-answer");
  wrong.close();
});
