import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { checkSettings } from "./settings.ts";

let folder = "";
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "peftbench-settings-"));
  await mkdir(join(folder, "glue", "sst-2"), { recursive: true });
  await mkdir(join(folder, "glue", "MNLI"));
});
afterAll(() => rm(folder, { recursive: true }));

describe("the settings that doctor looks at", () => {
  it("are the hub's own where nothing is set, and no data", async () => {
    expect(await checkSettings({})).toEqual({
      data: null,
      hub: { endpoint: "https://huggingface.co", hasToken: false, offline: false },
      problems: [],
    });
  });

  it("name the tasks that a data folder has, and a repository of the hub", async () => {
    const glue = join(folder, "glue");
    expect((await checkSettings({ PEFTBENCH_DATA: glue })).data).toEqual({
      source: glue,
      tasks: ["sst2", "mnli"],
    });
    for (const source of ["hf", "hf:org/glue@v1"]) {
      const { data, problems } = await checkSettings({ PEFTBENCH_DATA: source });
      expect({ data, problems }).toEqual({ data: { source, tasks: [] }, problems: [] });
    }
  });

  it("have a sentence for each that is wrong, and never the token", async () => {
    const checked = await checkSettings({ PEFTBENCH_DATA: folder, HF_TOKEN: "hf_a b" });
    expect(checked.hub).toBeNull();
    expect(checked.problems).toEqual([
      expect.stringMatching(/^PEFTBENCH_DATA: found no folder of a task of GLUE in .*SST-2/),
      expect.stringMatching(/^HF_TOKEN: found white space/),
    ]);
    const set = await checkSettings({ HF_TOKEN: "hf_secret", HF_HUB_OFFLINE: "1" });
    expect(set.hub).toMatchObject({ hasToken: true, offline: true });
    expect(JSON.stringify([checked, set])).not.toMatch(/hf_/);
    expect((await checkSettings({ PEFTBENCH_DATA: "hf:" })).problems).toHaveLength(1);
    expect((await checkSettings({ PEFTBENCH_DATA: join(folder, "none") })).problems).toHaveLength(1);
  });
});
