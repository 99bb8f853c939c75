import { spawn } from "node:child_process";
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { exampleResult } from "../result/example.ts";
import { writeFileAtomic } from "./atomicFile.ts";
import { openEventLog } from "./eventLog.ts";
import { acquireLock, LockHeldError } from "./lock.ts";
import { loadEvents, loadRuns } from "./results.ts";
import { emptyRunFolder, pathsIn, removeTemporaryFiles, runPaths } from "./runFolder.ts";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "peftbench-store-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** A folder of the test's own. */
async function made(name: string): Promise<string> {
  await mkdir(join(folder, name));
  return join(folder, name);
}

describe("a file that is written at once", () => {
  test("replaces the old content, and keeps it where writing fails", async () => {
    const own = await made("atomic");
    const path = join(own, "file");
    await writeFileAtomic(path, "old");
    await writeFileAtomic(path, [new Uint8Array([110]), new Uint8Array([101, 119])]);
    expect(await readFile(path, "utf8")).toBe("new");
    // A folder cannot be replaced by a file: the rename fails, after everything was written.
    await mkdir(join(own, "folder"));
    await writeFile(join(own, "folder", "inside"), "");
    await expect(writeFileAtomic(join(own, "folder"), "content")).rejects.toThrow();
    expect((await readdir(own)).sort()).toEqual(["file", "folder"]);
  });
});

describe("a lock", () => {
  const wait = { waitMs: 0 };

  test("is held by one process at a time, and is free again after release", async () => {
    const path = join(await made("lock"), "lock");
    const lock = await acquireLock(path, wait);
    const refusal = await acquireLock(path, wait).catch((error: unknown) => error);
    expect(refusal).toBeInstanceOf(LockHeldError);
    expect((refusal as LockHeldError).owner.pid).toBe(process.pid);
    await lock.release();
    await (await acquireLock(path, wait)).release();
    expect(await readdir(join(folder, "lock"))).toEqual([]);
  });

  test("is waited for as long as asked", async () => {
    const path = join(await made("waiting"), "lock");
    const lock = await acquireLock(path, wait);
    const second = acquireLock(path, { waitMs: 60_000 });
    await lock.release();
    await (await second).release();
  });

  test("of a process that is gone, or that cannot be read, is taken over", async () => {
    const path = join(await made("stale"), "lock");
    const child = spawn(process.execPath, ["-e", ""]);
    await new Promise((done) => child.once("exit", done));
    const { hostname } = await import("node:os");
    const owner = { pid: child.pid, processStart: "1", host: hostname(), token: "t" };
    await writeFile(path, JSON.stringify(owner));
    await (await acquireLock(path, wait)).release();
    await writeFile(path, "{ half");
    await (await acquireLock(path, wait)).release();
  });

  test.runIf(process.platform === "linux")(
    "of another process that has the same pid is taken over",
    async () => {
      const path = join(await made("reused"), "lock");
      const { hostname } = await import("node:os");
      const owner = { pid: process.pid, processStart: "1", host: hostname(), token: "t" };
      await writeFile(path, JSON.stringify(owner));
      await (await acquireLock(path, wait)).release();
    },
  );

  test("of another machine is left alone", async () => {
    const path = join(await made("remote"), "lock");
    const owner = { pid: 1, processStart: null, host: "another machine", token: "t" };
    await writeFile(path, JSON.stringify(owner));
    await expect(acquireLock(path, wait)).rejects.toThrow(LockHeldError);
  });

  test("that is stale and wanted by many at once goes to each in turn, never to two", async () => {
    const path = join(await made("contended"), "lock");
    await writeFile(path, "stale");
    let holders = 0;
    let most = 0;
    await Promise.all(
      Array.from({ length: 12 }, async () => {
        const lock = await acquireLock(path, { waitMs: 60_000 });
        holders += 1;
        most = Math.max(most, holders);
        await new Promise((done) => setTimeout(done, 5));
        holders -= 1;
        await lock.release();
      }),
    );
    expect(most).toBe(1);
  });
});

describe("run folders", () => {
  test("have names without anything a file system minds", () => {
    const cell = { ...exampleResult.cell, model: "org/model: v2", task: ".." };
    const { folder: name } = runPaths("out", cell, "0123456789abcdef");
    expect(name).toBe(join("out", "runs", "glue", "org_model_v2-lora-_-s0-01234567"));
  });

  test("are swept of what a killed writer left, and emptied but for the lock", async () => {
    const own = await made("sweep");
    for (const name of ["lock", "lock.x.tmp", "result.json.y.tmp", "events.jsonl", "cell.json"]) {
      await writeFile(join(own, name), "");
    }
    await removeTemporaryFiles(pathsIn(own));
    expect((await readdir(own)).sort()).toEqual(["cell.json", "events.jsonl", "lock", "lock.x.tmp"]);
    await emptyRunFolder(pathsIn(own));
    expect((await readdir(own)).sort()).toEqual(["cell.json", "lock", "lock.x.tmp"]);
  });

  test("that are unfinished or damaged are left out with a warning", async () => {
    const own = await made("load");
    for (const name of ["b", "a", "damaged", "unfinished"])
      await mkdir(join(own, "runs", name), { recursive: true });
    for (const name of ["a", "b"]) {
      await writeFile(join(own, "runs", name, "result.json"), JSON.stringify(exampleResult));
    }
    await writeFile(join(own, "runs", "damaged", "result.json"), JSON.stringify(exampleResult).slice(0, 100));
    await writeFile(join(own, "runs", "unfinished", "events.jsonl"), "");
    await writeFile(join(own, "runs", "unfinished", "result.json.0.tmp"), "{}");
    const { runs, warnings } = await loadRuns(own);
    expect(runs.map((run) => run.folder)).toEqual([join(own, "runs", "a"), join(own, "runs", "b")]);
    expect(warnings).toHaveLength(2);
    expect(warnings[0]).toContain("damaged");
    expect(warnings[1]).toContain("unfinished");
  });

  test("have an event log that goes on after its last whole line", async () => {
    const own = await made("events");
    const event = { type: "warning", at: "2026-01-01T00:00:00.000Z", message: "one" } as const;
    const first = openEventLog(pathsIn(own).events);
    first.append(event);
    first.close();
    await writeFile(pathsIn(own).events, `${JSON.stringify(event)}\n{"type":"warn`);
    const second = openEventLog(pathsIn(own).events);
    second.append({ ...event, message: "two" });
    second.close();
    const { items, cutOff } = await loadEvents(own);
    expect(cutOff).toBe(false);
    expect(items.map((item) => item.type === "warning" && item.message)).toEqual(["one", "two"]);
  });
});
