import { createHash } from "node:crypto";
import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import type { Server } from "node:http";
import { createServer, request as httpRequest } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { HubError } from "./errors.ts";
import { readHubManifest } from "./manifest.ts";
import { modelFiles } from "./modelFiles.ts";
import { parseHubReference } from "./reference.ts";
import type { SnapshotOptions } from "./snapshot.ts";
import { fetchSnapshot } from "./snapshot.ts";
import type { HubServer } from "./testing/hubServer.ts";
import { startHubServer } from "./testing/hubServer.ts";

const COMMIT = "0123456789abcdef0123456789abcdef01234567";
const TOKEN = "hf_aTokenThatNobodyShouldSee";
const weights = Uint8Array.from({ length: 300_000 }, (_, index) => (index * 7919) % 251);
const config = new TextEncoder().encode('{"model_type":"bert"}\n');
const data = new TextEncoder().encode("rows");

let cache = "";
let server: HubServer;
let said: string[] = [];
beforeEach(async () => {
  cache = await mkdtemp(join(tmpdir(), "peftbench-hub-"));
  said = [];
  server = await startHubServer([
    {
      ...{ kind: "model", name: "org/tiny", revisions: { main: COMMIT, "v1.0": COMMIT } },
      files: { "config.json": config, "model.safetensors": weights, "nested/other.bin": data },
      small: ["config.json"],
    },
    {
      ...{ kind: "dataset", name: "org/data", revisions: { main: COMMIT } },
      files: { "sst2/train 1.parquet": data },
    },
  ]);
});
afterEach(async () => {
  await server.close();
  await rm(cache, { recursive: true, force: true });
});

function fetchModel(options: Partial<SnapshotOptions> = {}, text = "hf:org/tiny") {
  return fetchSnapshot(parseHubReference("model", text), {
    select: (paths) => paths,
    cacheFolder: cache,
    environment: { HF_ENDPOINT: server.endpoint },
    wait: async () => {},
    say: (line) => said.push(line),
    ...options,
  });
}

async function failure(fetching: Promise<unknown>): Promise<HubError> {
  const outcome = await fetching.catch((error: unknown) => error);
  if (outcome instanceof HubError) return outcome;
  throw new Error(`expected a HubError, got ${JSON.stringify(outcome)}`);
}

const sha256 = (bytes: Uint8Array): string => createHash("sha256").update(bytes).digest("hex");
const contents = (): Promise<string[]> => readdir(join(cache, "hub", "contents"));

describe("fetchSnapshot", () => {
  it("gives a folder of the repository's files at the commit of its revision, all checked", async () => {
    const { folder, commit, files } = await fetchModel();
    expect(commit).toBe(COMMIT);
    expect(new Uint8Array(await readFile(join(folder, "model.safetensors")))).toEqual(weights);
    expect(new Uint8Array(await readFile(join(folder, "nested/other.bin")))).toEqual(data);
    expect(files).toEqual([
      { path: "config.json", bytes: config.length, sha256: sha256(config) },
      { path: "model.safetensors", bytes: weights.length, sha256: sha256(weights) },
      { path: "nested/other.bin", bytes: data.length, sha256: sha256(data) },
    ]);
    expect(await readHubManifest(folder)).toEqual({ kind: "model", name: "org/tiny", commit: COMMIT, files });
    // Contents go by their checksum.
    expect(await contents()).toContain(`sha256-${sha256(weights)}`);
    expect(said[1]).toContain("model.safetensors (300 kB) of org/tiny@0123456789ab");
  });

  it("downloads what is selected alone, and of a dataset by its own paths", async () => {
    const { folder } = await fetchModel({ select: modelFiles });
    expect((await readdir(folder)).sort()).toEqual([".peftbench-hub", "config.json", "model.safetensors"]);
    const dataset = await fetchSnapshot(parseHubReference("dataset", "hf:org/data"), {
      select: (paths) => paths,
      cacheFolder: cache,
      environment: { HF_ENDPOINT: `${server.endpoint}/` },
    });
    expect(await readFile(join(dataset.folder, "sst2/train 1.parquet"), "utf8")).toBe("rows");
  });

  it("needs no network for a commit that it has, and only asks for the commit of a branch", async () => {
    await fetchModel();
    const before = server.requests.length;
    await fetchModel({}, `hf:org/tiny@${COMMIT}`);
    expect(server.requests).toHaveLength(before);
    await fetchModel();
    expect(server.requests.slice(before).map(({ path }) => path)).toEqual([
      "/api/models/org/tiny/revision/main",
    ]);
  });

  it("offline gives what was downloaded and says what was not", async () => {
    expect((await failure(fetchModel({ offline: true }))).message).toMatch(
      /^org\/tiny@main: found no commit that main once was in the cache.*without --offline/,
    );
    await fetchModel({ select: () => ["config.json"] });
    const before = server.requests.length;
    const { folder } = await fetchModel({ select: () => ["config.json"], offline: true });
    expect(await readFile(join(folder, "config.json"))).toEqual(Buffer.from(config));
    const environment = { HF_ENDPOINT: server.endpoint, HF_HUB_OFFLINE: "1" };
    expect(await failure(fetchModel({ environment }))).toMatchObject({
      code: "offline",
      message: expect.stringContaining("no model.safetensors in the cache"),
    });
    expect(server.requests).toHaveLength(before);
  });

  it("goes on where the connection broke, with the bytes that are missing alone", async () => {
    server.misbehaviour.cut = { afterBytes: 100_000, times: 2 };
    const { folder } = await fetchModel({ select: () => ["model.safetensors"] });
    expect(new Uint8Array(await readFile(join(folder, "model.safetensors")))).toEqual(weights);
    const starts = server.storageRequests.map(({ headers }) => headers.range);
    expect(starts[0]).toBeUndefined();
    expect(starts.slice(1).every((range) => /^bytes=[1-9]\d*-$/.test(range ?? ""))).toBe(true);
    expect(await contents()).toEqual([`sha256-${sha256(weights)}`]);
  });

  it("goes on with what a killed process left, and starts anew where that was wrong", async () => {
    const folder = join(cache, "hub", "contents");
    await mkdir(folder, { recursive: true });
    // No process has this number.
    const left = join(folder, `sha256-${sha256(weights)}.999999999.partial`);
    await writeFile(left, weights.subarray(0, 120_000));
    await fetchModel({ select: () => ["model.safetensors"] });
    expect(server.storageRequests.map(({ headers }) => headers.range)).toEqual(["bytes=120000-"]);

    await rm(cache, { recursive: true });
    await mkdir(folder, { recursive: true });
    await writeFile(left, new Uint8Array(120_000));
    const snapshot = await fetchModel({ select: () => ["model.safetensors"] });
    expect(new Uint8Array(await readFile(join(snapshot.folder, "model.safetensors")))).toEqual(weights);
    expect(server.storageRequests.slice(1).map(({ headers }) => headers.range)).toEqual([
      "bytes=120000-",
      undefined,
    ]);
  });

  it("starts anew where the server knows no ranges", async () => {
    server.misbehaviour.cut = { afterBytes: 100_000, times: 1 };
    server.misbehaviour.ignoresRange = true;
    const { folder } = await fetchModel({ select: () => ["model.safetensors"] });
    expect(new Uint8Array(await readFile(join(folder, "model.safetensors")))).toEqual(weights);
  });

  it("gives up on a connection that never gives a byte, and keeps what it has", async () => {
    server.misbehaviour.cut = { afterBytes: 0, times: 100 };
    const error = await failure(fetchModel({ select: () => ["model.safetensors"] }));
    expect(error.code).toBe("unreachable");
    expect(error.message).toMatch(/goes on with what is already there/);
  });

  it("asks again after a server's trouble that passes", async () => {
    server.misbehaviour.status = { code: 503, times: 2 };
    await fetchModel({ select: () => ["model.safetensors"] });
    server.misbehaviour.status = { code: 503, times: 100 };
    expect(await failure(fetchModel({ select: () => ["nested/other.bin"] }))).toMatchObject({
      code: "unreachable",
      message: expect.stringContaining("status 503"),
    });
  });

  it.each(["model.safetensors", "config.json"])(
    "throws away a %s that is not what the hub announced",
    async (path) => {
      server.misbehaviour.damages = path;
      const error = await failure(fetchModel({ select: () => [path] }));
      expect(error.code).toBe("wrong-checksum");
      expect(error.message).toContain(`/org/tiny/resolve/${COMMIT}/${path}: found content with the`);
      expect(await contents()).toEqual([]);
      delete server.misbehaviour.damages;
      expect((await fetchModel({ select: () => [path] })).files).toHaveLength(1);
    },
  );

  it("says which repository, revision or file there is not", async () => {
    expect(await failure(fetchModel({}, "hf:org/none"))).toMatchObject({
      code: "not-found",
      place: `${server.endpoint}/api/models/org/none/revision/main`,
    });
    expect((await failure(fetchModel({}, "hf:org/tiny@v2"))).place).toContain("/revision/v2");
    const other = `hf:org/tiny@${COMMIT.replaceAll("0", "f")}`;
    expect((await failure(fetchModel({}, other))).code).toBe("not-found");
  });

  it("sends the token to the hub alone, and never shows it", async () => {
    server.misbehaviour.token = TOKEN;
    const without = await failure(fetchModel());
    expect(without.code).toBe("unauthorized");
    expect(without.message).toContain("set HF_TOKEN");
    const wrong = { HF_ENDPOINT: server.endpoint, HF_TOKEN: "hf_wrong" };
    const refused = await failure(fetchModel({ environment: wrong }));
    expect(refused.message).toContain("HF_TOKEN was sent and is not enough");
    expect(refused.message).not.toContain("hf_wrong");

    const environment = { HF_ENDPOINT: server.endpoint, HF_TOKEN: TOKEN };
    const { folder } = await fetchModel({ environment });
    expect(server.storageRequests.length).toBeGreaterThan(0);
    for (const { headers } of server.storageRequests) expect(headers.authorization).toBeUndefined();
    const kept = [...said, JSON.stringify(await readHubManifest(folder))].join("\n");
    expect(kept).not.toContain(TOKEN);

    server.misbehaviour.damages = "model.safetensors";
    await rm(cache, { recursive: true });
    const damaged = await failure(fetchModel({ environment }));
    expect(`${damaged.message}${damaged.stack}`).not.toMatch(/hf_a|X-Signature/);
  });

  it("says what is wrong where nobody answers", async () => {
    const { endpoint } = server;
    await server.close();
    const environment = { HF_ENDPOINT: endpoint, HF_TOKEN: TOKEN };
    const error = await failure(fetchModel({ environment }));
    expect(error).toMatchObject({ code: "unreachable" });
    expect(error.message).toMatch(/no answer \(.*ECONNREFUSED.*HTTPS_PROXY/);
    expect(error.message).not.toContain(TOKEN);
  });

  it("refuses an endpoint that is none, and answers that are none", async () => {
    const environment = { HF_ENDPOINT: "hub.example" };
    expect((await failure(fetchModel({ environment }))).code).toBe("bad-settings");
    const withQuery = await failure(
      fetchModel({ environment: { HF_ENDPOINT: `${server.endpoint}/?token=${TOKEN}` } }),
    );
    expect(withQuery.code).toBe("bad-settings");
    expect(withQuery.message).not.toContain(TOKEN);
    for (const end of ["/?", "/#"]) {
      const withEnd = { HF_ENDPOINT: `${server.endpoint}${end}` };
      expect((await failure(fetchModel({ environment: withEnd }))).code).toBe("bad-settings");
    }
    const page = createServer((_, response) => response.end("<html>Sign in to this network</html>"));
    const other = { HF_ENDPOINT: await listening(page) };
    expect((await failure(fetchModel({ environment: other }))).code).toBe("bad-answer");
    page.close();
  });

  it("never writes outside its folder, whatever paths a server gives", async () => {
    const hostile = createServer((request, response) =>
      response.end(
        JSON.stringify(
          request.url?.includes("/tree/")
            ? [{ type: "file", path: "../../outside", size: 1, oid: "0".repeat(40) }]
            : { sha: COMMIT },
        ),
      ),
    );
    const environment = { HF_ENDPOINT: await listening(hostile) };
    expect((await failure(fetchModel({ environment }))).message).toContain('the path "../../outside"');
    hostile.close();
  });

  it("goes through the proxy that the environment names", async () => {
    const asked: string[] = [];
    const proxy = createServer((request, response) => {
      asked.push(`GET ${request.url}`);
      const forwarded = httpRequest(request.url ?? "", { headers: request.headers }, (answer) => {
        response.writeHead(answer.statusCode ?? 500, answer.headers);
        answer.pipe(response);
      });
      request.pipe(forwarded);
    });
    proxy.on("connect", (request, socket) => {
      asked.push(`CONNECT ${request.url}`);
      socket.end("HTTP/1.1 502 Bad Gateway\r\n\r\n");
    });
    const address = await listening(proxy);
    // Only the name of the host is looked at: nothing of this test leaves the machine.
    const environment = { HF_ENDPOINT: "https://hub.invalid", HTTPS_PROXY: address };
    expect((await failure(fetchModel({ environment }))).code).toBe("unreachable");
    expect(asked).toEqual(["CONNECT hub.invalid:443"]);
    const direct = { HF_ENDPOINT: server.endpoint, HTTPS_PROXY: address, NO_PROXY: "127.0.0.1" };
    await fetchModel({ environment: direct });
    expect(asked).toHaveLength(1);
    proxy.closeAllConnections();
    proxy.close();
  });

  it("knows every file that fetches at the same time brought", async () => {
    const fetches = ["config.json", "model.safetensors", "nested/other.bin"].map((path) =>
      fetchModel({ select: () => [path] }),
    );
    const [one] = await Promise.all(fetches);
    expect((await readHubManifest(one!.folder))?.files.map(({ path }) => path)).toEqual([
      "config.json",
      "model.safetensors",
      "nested/other.bin",
    ]);
  });

  it("says which record of a snapshot cannot be read, and makes it again", async () => {
    const { folder } = await fetchModel();
    const [record = ""] = await readdir(join(folder, ".peftbench-hub"));
    await writeFile(join(folder, ".peftbench-hub", record), "{");
    expect((await failure(readHubManifest(folder))).message).toContain(record);
    await fetchModel();
    expect((await readHubManifest(folder))?.files).toHaveLength(3);
  });

  it("replaces a file of a snapshot whose size was changed", async () => {
    const { folder } = await fetchModel();
    await rm(join(folder, "config.json"));
    await writeFile(join(folder, "config.json"), "{}");
    await fetchModel();
    expect((await stat(join(folder, "config.json"))).size).toBe(config.length);
  });
});

async function listening(server: Server): Promise<string> {
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}
