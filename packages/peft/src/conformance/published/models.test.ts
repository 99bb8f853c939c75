import { elementCount } from "@peftbench/runtime";
import { describe, expect, it } from "vitest";
import { countedModel } from "./declare.ts";
import type { PublishedModel } from "./models.ts";
import { publishedModels } from "./models.ts";

/** What `model.num_parameters()` of transformers 5 gives for the same configuration. */
const IN_TRANSFORMERS = {
  robertaBase: 124_647_170,
  robertaLarge: 355_361_794,
  debertaV3Base: 184_423_682,
  llama2With7B: 6_738_415_616,
  llama32With3B: 3_212_749_824,
} as const satisfies Record<keyof typeof publishedModels, number>;

describe.each(Object.entries(publishedModels))("the declaration of %s", (key, model: PublishedModel) => {
  const { architecture, config, head } = countedModel(model.declared, true);
  const parameters = architecture.parameters(config, head);
  const sum = (of: typeof parameters): number =>
    of.reduce((total, { shape }) => total + elementCount(shape), 0);
  const base = parameters.filter(({ role }) => role === "base");

  it("has as many parameters as transformers counts", () => {
    expect(sum(parameters)).toBe(IN_TRANSFORMERS[key as keyof typeof publishedModels]);
    expect(sum(base)).toBe(model.base);
    expect(sum(parameters) - sum(base)).toBe(model.head);
    expect(sum(base.filter(({ name }) => name.endsWith(".bias")))).toBe(model.biases);
  });

  it("has each of a layer's matrices in every layer, and no others but the head's", () => {
    const modules = architecture.linearModules(config, head).filter((module) => !module.head);
    expect(modules.length).toBe(model.layers * Object.keys(model.matrices).length);
    for (const [name, [inFeatures, outFeatures]] of Object.entries(model.matrices)) {
      const found = modules.filter(
        (module) =>
          module.name.endsWith(`.${name}`) &&
          module.inFeatures === inFeatures &&
          module.outFeatures === outFeatures,
      );
      expect(found.length).toBe(model.layers);
    }
  });
});

it.each([publishedModels.llama2With7B, publishedModels.llama32With3B])(
  "$declared.title has no graph, and says so",
  ({ declared }) => {
    const { architecture, config, head } = countedModel(declared, true);
    expect(() => architecture.build({} as never, config, head, { rows: 1, length: 1 })).toThrow(/no graph/);
  },
);
