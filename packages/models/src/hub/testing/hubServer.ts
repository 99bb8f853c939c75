import { createHash } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";

/** A repository that the server has: its files by path. */
export interface ServedRepository {
  readonly kind: "model" | "dataset";
  readonly name: string;
  /** Commits by revision: `main`. */
  readonly revisions: Readonly<Record<string, string>>;
  readonly files: Readonly<Record<string, Uint8Array>>;
  /** Files that are not in large file storage, so that the hub knows git's id of them alone. */
  readonly small?: readonly string[];
}

export interface ServerRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingMessage["headers"];
}

/** What the server does wrong. */
export interface Misbehaviour {
  /** Breaks off each answer with content after so many of its bytes; the first of them so many times. */
  cut?: { afterBytes: number; times: number };
  /** Sends whole content whatever range is asked for. */
  ignoresRange?: boolean;
  /** Gives other bytes than it announces, for this path. */
  damages?: string;
  /** Lets in only who sends this token. */
  token?: string;
  /** Answers so, instead of with content, so many times. */
  status?: { code: number; times: number };
}

/** A server that speaks the hub's paths, on this machine, for tests; content comes from a second one, as it does there. */
export interface HubServer {
  readonly endpoint: string;
  readonly requests: readonly ServerRequest[];
  readonly storageRequests: readonly ServerRequest[];
  readonly misbehaviour: Misbehaviour;
  readonly close: () => Promise<void>;
}

export async function startHubServer(repositories: readonly ServedRepository[]): Promise<HubServer> {
  const misbehaviour: Misbehaviour = {};
  const requests: ServerRequest[] = [];
  const storageRequests: ServerRequest[] = [];
  const contents = new Map(
    repositories.flatMap(({ files }) => Object.entries(files).map(([, bytes]) => [sha256(bytes), bytes])),
  );

  const storage = await listen((request, response) => {
    storageRequests.push(seen(request));
    const [, path = "", id = ""] = /^\/(.*)\/([0-9a-f]{64})\?/.exec(request.url ?? "") ?? [];
    const bytes = contents.get(id);
    if (bytes === undefined) return end(response, 404);
    sendContent(request, response, decodeURIComponent(path), bytes, misbehaviour);
  });

  const hub = await listen((request, response) => {
    requests.push(seen(request));
    const { token } = misbehaviour;
    if (token !== undefined && request.headers.authorization !== `Bearer ${token}`) return end(response, 401);
    const url = new URL(request.url ?? "/", "http://hub");
    for (const repository of repositories) {
      const { kind, name, revisions, files, small = [] } = repository;
      const api = `/api/${kind}s/${name}`;
      const revision = /\/revision\/(.+)$/.exec(url.pathname)?.[1];
      if (revision !== undefined && url.pathname.startsWith(`${api}/revision/`)) {
        const commit = revisions[decodeURIComponent(revision)];
        return commit === undefined ? end(response, 404) : json(response, { sha: commit, id: name });
      }
      const commit = Object.values(revisions).find((sha) => url.pathname === `${api}/tree/${sha}`);
      if (commit !== undefined) return sendTree(response, url, repository);
      const folder = kind === "dataset" ? "/datasets" : "";
      for (const sha of Object.values(revisions)) {
        const prefix = `${folder}/${name}/resolve/${sha}/`;
        if (!url.pathname.startsWith(prefix)) continue;
        const path = decodeURIComponent(url.pathname.slice(prefix.length));
        const bytes = files[path];
        if (bytes === undefined) return end(response, 404);
        if (small.includes(path)) return sendContent(request, response, path, bytes, misbehaviour);
        const secret = "X-Signature=secret";
        response.setHeader(
          "location",
          `${storage.endpoint}/${encodeURIComponent(path)}/${sha256(bytes)}?${secret}`,
        );
        response.setHeader("x-linked-etag", `"${sha256(bytes)}"`);
        return end(response, 302);
      }
    }
    return end(response, 404);
  });

  return {
    endpoint: hub.endpoint,
    requests,
    storageRequests,
    misbehaviour,
    close: async () => {
      await Promise.all([hub.close(), storage.close()]);
    },
  };
}

/** In pages of two, as the hub has pages of many. */
function sendTree(response: ServerResponse, url: URL, { files, small = [] }: ServedRepository): void {
  const entries = [
    { type: "directory", path: "folder", size: 0, oid: "0".repeat(40) },
    ...Object.entries(files).map(([path, bytes]) => ({
      ...{ type: "file", path, size: bytes.length, oid: gitSha1(bytes) },
      ...(small.includes(path) ? {} : { lfs: { oid: sha256(bytes), size: bytes.length, pointerSize: 134 } }),
    })),
  ];
  const start = Number(url.searchParams.get("cursor") ?? "0");
  if (start + 2 < entries.length) {
    response.setHeader("link", `<${url.pathname}?recursive=true&cursor=${start + 2}>; rel="next"`);
  }
  json(response, entries.slice(start, start + 2));
}

function sendContent(
  request: IncomingMessage,
  response: ServerResponse,
  path: string,
  whole: Uint8Array,
  misbehaviour: Misbehaviour,
): void {
  const { status, cut, ignoresRange, damages } = misbehaviour;
  if (status !== undefined && status.times > 0) {
    status.times--;
    end(response, status.code);
    return;
  }
  const bytes = damages === path ? whole.map((byte) => byte ^ 1) : whole;
  const start = ignoresRange ? 0 : Number(/^bytes=(\d+)-$/.exec(request.headers.range ?? "")?.[1] ?? "0");
  if (start >= bytes.length && start > 0) {
    end(response, 416);
    return;
  }
  const part = bytes.subarray(start);
  response.statusCode = start > 0 ? 206 : 200;
  if (start > 0) response.setHeader("content-range", `bytes ${start}-${bytes.length - 1}/${bytes.length}`);
  response.setHeader("content-length", part.length);
  if (cut !== undefined && cut.times > 0 && cut.afterBytes < part.length) {
    cut.times--;
    response.write(part.subarray(0, cut.afterBytes), () => response.destroy());
    return;
  }
  response.end(part);
}

async function listen(
  handle: (request: IncomingMessage, response: ServerResponse) => void,
): Promise<{ readonly endpoint: string; readonly close: () => Promise<void> }> {
  const server = createServer(handle);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return {
    endpoint: `http://127.0.0.1:${port}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function seen({ method = "", url = "", headers }: IncomingMessage): ServerRequest {
  return { method, path: url, headers };
}

function end(response: ServerResponse, status: number): void {
  response.statusCode = status;
  response.end();
}

function json(response: ServerResponse, value: unknown): void {
  response.setHeader("content-type", "application/json");
  response.end(JSON.stringify(value));
}

function sha256(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}

function gitSha1(bytes: Uint8Array): string {
  return createHash("sha1").update(`blob ${bytes.length}\0`).update(bytes).digest("hex");
}
