import { describe, expect, it } from "vitest";
import { expandGrid } from "../grid/expand.ts";
import { expandSearch, SearchError, trialSettings, withSettings } from "./search.ts";
import { searchSchema } from "./searchConfig.ts";
import { searchGrid, tinySearch } from "./testGrid.ts";

describe("the trials of a search", () => {
  it("are as many for every method on every task, all with the search's own seed", () => {
    const plan = searchGrid("folder");
    const groups = expandSearch(plan, tinySearch);
    expect(groups.map(({ method, task }) => `${method.id} ${task.id}`)).toEqual([
      "lora sst2",
      "full sst2",
      "lora rte",
      "full rte",
    ]);
    const specs = groups.flatMap(({ trials }) => trials.map(({ spec }) => spec));
    expect(groups.every(({ trials }) => trials.length === tinySearch.trials)).toBe(true);
    expect(new Set(specs.map(({ id }) => id)).size).toBe(12);
    expect(specs.every(({ purpose, cell }) => purpose === "trial" && cell.seed === 100)).toBe(true);
  });

  it("have folders apart from those of runs that are reported", () => {
    const [group] = expandSearch(searchGrid("folder"), tinySearch);
    expect(group?.trials[0]?.spec.runFolder).toMatch(/out[\\/]trials[\\/]glue[\\/]tiny-lora-sst2-s100-/);
  });

  it("try learning rates about the method's own, which stays among them as it is", () => {
    const rates = (trials: number): unknown[] =>
      trialSettings("lora", 5e-4, { ...tinySearch, trials }).map(({ learningRate }) => learningRate);
    expect(rates(1)).toEqual([5e-4]);
    expect(rates(3)).toEqual([5e-5, 5e-4, 5e-3]);
    expect(rates(4)).toEqual([5e-5, 5e-4, 5e-3, 5e-2]);
  });

  it("share the budget over combinations of a method's own options, and spend all of it", () => {
    const search = { ...tinySearch, trials: 5, options: { lora: { rank: [4, 16] } } };
    const trials = trialSettings("lora", 1e-3, search);
    expect(trials.map((settings) => settings["method.rank"])).toEqual([4, 4, 4, 16, 16]);
    expect(trialSettings("full", 1e-3, search)).toHaveLength(5);
    expect(() => trialSettings("lora", 1e-3, { ...search, trials: 1 })).toThrow(SearchError);
    expect(() => trialSettings("lora", 1e-3, { ...search, trials: 1 })).toThrow(/2 combinations .* 1 trials/);
  });

  it("are trained as the search says, and on no more rows than the runs that are reported", () => {
    const plan = searchGrid("folder");
    const limited = {
      ...plan,
      methods: plan.methods.map((method) => ({
        ...method,
        training: { ...method.training, trainLimit: 10 },
      })),
    };
    const trainingOf = (grid: typeof plan, search: typeof tinySearch, task: string) =>
      expandSearch(grid, search).find((group) => group.task.id === task)?.trials[0]?.spec.cell.config
        .training;
    expect(trainingOf(plan, tinySearch, "sst2")).toMatchObject({ trainLimit: 24, selectionRows: 8 });
    expect(trainingOf(limited, tinySearch, "sst2")?.trainLimit).toBe(10);
    const byTask = { rte: { selectionRows: 4 } };
    expect(trainingOf(plan, { ...tinySearch, byTask }, "rte")?.selectionRows).toBe(4);
  });

  it("change a learning rate and options of the method, and nothing else", () => {
    const { training, config } = searchGrid("folder").methods[0]!;
    const changed = withSettings({ training, config }, { learningRate: 1, "method.rank": 2 });
    expect(changed).toEqual({ training: { ...training, learningRate: 1 }, config: { rank: 2 } });
  });

  it("answer no hidden test split, where the reported runs do of tasks that have one", () => {
    const plan = { ...searchGrid("folder"), submission: true };
    expect(expandGrid(plan).every(({ submission }) => submission === true)).toBe(true);
    const mini = { ...plan, tasks: [{ ...plan.tasks[0]!, id: "mini-sentiment", suite: "glue-mini" }] };
    expect(expandGrid(mini).some((spec) => "submission" in spec)).toBe(false);
    const trials = expandSearch(plan, tinySearch).flatMap((group) => group.trials);
    expect(trials.some(({ spec }) => "submission" in spec)).toBe(false);
  });

  it("need rows to be scored on", () => {
    const without = searchSchema.safeParse({ ...tinySearch, training: {} });
    expect(without.error?.issues[0]?.path).toEqual(["training", "selectionRows"]);
  });
});
