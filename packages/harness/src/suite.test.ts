import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { allTasks, glueTasks, needsDataFolder } from "@peftbench/tasks";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { loadSuite, methodConfigFor, trainingFor } from "./suite.ts";

const glueFile = resolve(import.meta.dirname, "../../../benchmarks/glue/suite.json");
const bundledFile = resolve(import.meta.dirname, "../../../benchmarks/bundled/suite.json");

describe("the suites", () => {
  test.each([
    { file: glueFile, expected: glueTasks },
    { file: bundledFile, expected: allTasks.filter((task) => !needsDataFolder(task)) },
  ])("are valid, and list the tasks there are", async ({ file, expected }) => {
    const suite = await loadSuite(file);
    expect([...suite.tasks].sort()).toEqual(expected.map((task) => task.id).sort());
    for (const preset of Object.values(suite.presets)) {
      for (const method of preset.methods) expect(() => trainingFor(suite, preset, method, [])).not.toThrow();
    }
  });
});

describe("the GLUE suite", () => {
  test("is refused by the field's name where it asks for a save policy that no graph pass makes", async () => {
    const suite = await loadSuite(glueFile);
    const preset = suite.presets[suite.defaultPreset]!;
    const none = { savePolicy: "none" } as unknown as Parameters<typeof trainingFor>[3][number];
    expect(() => trainingFor(suite, preset, "lora", [none])).toThrow(/savePolicy/);
  });

  test("gives later layers the last word", async () => {
    const suite = await loadSuite(glueFile);
    const preset = { ...suite.presets[suite.defaultPreset]!, training: { epochs: 7, learningRate: 1 } };
    expect(trainingFor(suite, preset, "none", []).learningRate).toBe(1);
    const [method, defaults] = Object.entries(suite.methods)[0]!;
    const training = trainingFor(suite, preset, method, []);
    expect(training.epochs).toBe(7);
    expect(training.learningRate).toBe(defaults.training.learningRate);
    expect(trainingFor(suite, preset, method, [{ learningRate: 2 }, { epochs: 1 }])).toMatchObject({
      learningRate: 2,
      epochs: 1,
    });
  });

  test("with a mistake is refused with the file and the field", async () => {
    const folder = await mkdtemp(join(tmpdir(), "peftbench-suite-"));
    try {
      const path = join(folder, "suite.json");
      const suite = JSON.parse(await readFile(glueFile, "utf8"));
      suite.training.epochs = 0;
      await writeFile(path, JSON.stringify(suite));
      await expect(loadSuite(path)).rejects.toThrow(/suite\.json: training\.epochs: /);
      suite.training.epochs = 1;
      suite.presets.smoke.tasks = ["unknown"];
      await writeFile(path, JSON.stringify(suite));
      await expect(loadSuite(path)).rejects.toThrow(/presets\.smoke\.tasks: the suite has no task unknown/);
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  });
});

describe("the preset paper", () => {
  // LoRA: microsoft/LoRA, examples/NLU, for RoBERTa-base. AdaLoRA: Table 8 of arXiv 2303.10512.
  test.each([
    ["lora", "mnli", { learningRate: 5e-4, batchSize: 128, epochs: 30, weightDecay: 0.1, maxLength: 512 }],
    ["lora", "cola", { learningRate: 4e-4, batchSize: 64, epochs: 80 }],
    ["lora", "rte", { learningRate: 5e-4, batchSize: 32, epochs: 80, warmupRatio: 0.06 }],
    ["adalora", "mnli", { learningRate: 5e-4, batchSize: 32, epochs: 7 }],
    ["adalora", "stsb", { learningRate: 2.2e-3, batchSize: 32, epochs: 25 }],
    ["lamda", "rte", { learningRate: 1e-3, batchSize: 32, epochs: 50 }],
  ])("trains %s on %s as published", async (method, task, expected) => {
    const suite = await loadSuite(glueFile);
    expect(trainingFor(suite, suite.presets.paper!, method, [], task)).toMatchObject(expected);
  });

  test("gives methods their published options task by task", async () => {
    const suite = await loadSuite(glueFile);
    const configOn = (method: string, task: string) =>
      methodConfigFor(suite, suite.presets.paper!, method, task);
    expect(configOn("lora", "sst2")).toMatchObject({ rank: 8, alpha: 16, targetModules: ["query", "value"] });
    expect(configOn("adalora", "cola")).toMatchObject({
      ...{ initialRank: 12, targetRank: 8, regularizerWeight: 0.5 },
      ...{ warmupSteps: 800, interval: 10, finalSteps: 3500 },
    });
    expect(configOn("adalora", "rte")).toMatchObject({
      regularizerWeight: 0.3,
      warmupSteps: 600,
      interval: 1,
    });
  });
});

describe("a suite that takes another's methods", () => {
  let folder = "";
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "peftbench-suites-"));
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  const write = async (name: string, changes: object): Promise<string> => {
    const suite = JSON.parse(await readFile(bundledFile, "utf8"));
    await mkdir(join(folder, name), { recursive: true });
    const path = join(folder, name, "suite.json");
    await writeFile(path, JSON.stringify({ ...suite, ...changes }));
    return path;
  };
  const lora = { training: { learningRate: 1, epochs: 2 }, config: { rank: 4, alpha: 8 } };

  test("has them, and changes single settings of its own", async () => {
    await write("one", { methodsFrom: undefined, methods: await methodsOf(glueFile) });
    const path = await write("two", {
      methodsFrom: "one",
      methods: { lora: { training: { learningRate: 2 }, byTask: { spam: { config: { rank: 1 } } } } },
    });
    const suite = await loadSuite(path);
    expect(Object.keys(suite.methods)).toEqual(Object.keys(await methodsOf(glueFile)));
    expect(suite.methods.lora?.training).toMatchObject({ learningRate: 2 });
    expect(methodConfigFor(suite, null, "lora")).toMatchObject({ rank: 8, alpha: 16 });
    expect(methodConfigFor(suite, null, "lora", "spam")).toMatchObject({ rank: 1, alpha: 16 });
  });

  test("is refused where the other is not there, or takes its own from here", async () => {
    const path = await write("one", { methodsFrom: "none" });
    await expect(loadSuite(path)).rejects.toThrow(/methodsFrom: found none, and no file .*none.suite\.json/);
    await write("one", { methodsFrom: "two" });
    await write("two", { methodsFrom: "one" });
    await expect(loadSuite(path)).rejects.toThrow(/methodsFrom: one takes its methods from here/);
  });

  test("is refused for settings of tasks and methods that it has not", async () => {
    const methods = { lora };
    const withPreset = (changes: object) => ({
      methodsFrom: undefined,
      methods,
      presets: {
        quick: { description: "x", methods: ["lora"], tasks: ["spam"], seeds: [0], training: {}, ...changes },
      },
    });
    const refusal = async (changes: object): Promise<string> => {
      const path = await write("one", withPreset(changes));
      return loadSuite(path).then(
        () => "",
        (error: Error) => error.message,
      );
    };
    expect(await refusal({})).toBe("");
    expect(await refusal({ byTask: { sst2: { training: {} } } })).toMatch(/quick\.byTask: .* no task sst2/);
    expect(await refusal({ settings: { lora: { byTask: { sst2: {} } } } })).toMatch(/no task sst2/);
    expect(await refusal({ settings: { other: {} } })).toMatch(/no defaults for other/);
    expect(await refusal({ settings: { lora: { training: { epochs: 0 } } } })).toMatch(/training\.epochs/);
  });

  async function methodsOf(file: string): Promise<object> {
    return JSON.parse(await readFile(file, "utf8")).methods;
  }
});
