import { cp, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { AskedSources } from "./sources.ts";
import { chooseSources } from "./sources.ts";

const nothing: AskedSources = {
  data: undefined,
  dataVariable: undefined,
  tasks: undefined,
  model: undefined,
};
let project = "";

beforeAll(async () => {
  project = await mkdtemp(join(tmpdir(), "peftbench-sources-"));
  for (const kind of ["glue", "bundled"]) {
    const folder = join("benchmarks", kind);
    await cp(resolve(import.meta.dirname, "../../../..", folder), join(project, folder), { recursive: true });
  }
});

afterAll(() => rm(project, { recursive: true, force: true }));

const choose = (asked: Partial<AskedSources>) => chooseSources({ ...nothing, ...asked }, project);

describe("where data and models come from", () => {
  it("is the folders that are given, of which nothing needs to be said", async () => {
    const chosen = await choose({ data: "/data/glue", dataVariable: "/other", model: "/a, /b" });
    expect(chosen).toMatchObject({ data: { kind: "folder", folder: "/data/glue" }, notices: [] });
    expect(chosen.models).toEqual([
      { kind: "given", folder: "/a" },
      { kind: "given", folder: "/b" },
    ]);
    expect(chosen.suite.name).toBe("glue");
  });

  it("is the variable's folder where no option names one", async () => {
    const chosen = await choose({ data: " ", dataVariable: "/other", model: "/a" });
    expect(chosen).toMatchObject({ data: { kind: "folder", folder: "/other" }, notices: [] });
  });

  it("is what comes with the project where nothing is given, and says that it is not GLUE", async () => {
    const chosen = await choose({});
    const folder = join(project, "models/nano-encoder");
    expect(chosen).toMatchObject({ data: null, models: [{ kind: "bundled", folder }] });
    expect(chosen.suite.name).toBe("bundled");
    expect(chosen.notices).toHaveLength(2);
  });

  it("says of whatever stands in why it does, what it is, and how to have the real thing", async () => {
    const [data, model] = (await choose({})).notices;
    expect(data).toMatch(/^GLUE was not at hand \(neither --data nor PEFTBENCH_DATA names a folder\)/);
    expect(data).toMatch(/real text.*npm packages.*glue-mini.*synthetic.*No figure here is one of GLUE/);
    expect(data).toMatch(/<folder>\/SST-2\/train\.tsv.*`--data <folder>`.*PEFTBENCH_DATA/);
    expect(model).toMatch(/^No model was given.*nano-encoder.*very small BERT.*`--model <folder>`/);
    expect((await choose({ data: "/data/glue" })).notices).toEqual([model]);
    expect((await choose({ model: "/a" })).notices).toEqual([data]);
  });

  it("needs no folder, and no notice of one, for tasks that bring their data and were asked for", async () => {
    const chosen = await choose({ tasks: ["spam", "mini-sentiment"], dataVariable: "/other", model: "/a" });
    expect(chosen).toMatchObject({ data: null, notices: [] });
    expect(chosen.suite.name).toBe("bundled");
  });

  it("is the hub where it is named so: GLUE's own repository at a pinned commit, or another", async () => {
    const { data, models, suite } = await choose({ data: "hf", model: "hf:org/a@v1,/b" });
    expect(data).toMatchObject({ kind: "hub", reference: { kind: "dataset", name: "nyu-mll/glue" } });
    expect(data?.kind === "hub" && data.reference.revision).toMatch(/^[0-9a-f]{40}$/);
    expect(suite.name).toBe("glue");
    expect(models).toEqual([
      { kind: "hub", reference: { kind: "model", name: "org/a", revision: "v1" } },
      { kind: "given", folder: "/b" },
    ]);
    const other = await choose({ dataVariable: "hf:org/glue", tasks: ["mnli"] });
    expect(other.data).toMatchObject({ reference: { name: "org/glue", revision: "main" } });
    await expect(choose({ data: "hf:" })).rejects.toThrow(/^--data: .*hf:organization\/name/);
    await expect(choose({ model: "hf:a b" })).rejects.toThrow(/^--model: /);
    expect((await choose({ data: "./hf" })).data).toEqual({ kind: "folder", folder: resolve("hf") });
  });

  it("never stands other data in for a task of GLUE that was asked for", async () => {
    await expect(choose({ tasks: ["sst2"] })).rejects.toThrow(
      /--data: found none, which sst2 need.*train\.tsv/,
    );
  });

  it("refuses both kinds of tasks in one call, by name", async () => {
    const both = choose({ tasks: ["sst2", "spam"], data: "/data/glue" });
    await expect(both).rejects.toThrow(/found sst2, of GLUE, beside spam.*two calls/);
  });
});
