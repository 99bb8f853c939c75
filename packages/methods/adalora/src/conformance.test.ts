import { describeMethodConformance } from "@peftbench/peft/conformance";
import { describe } from "vitest";
import { conformance } from "./conformance.ts";
import { adalora } from "./index.ts";

describeMethodConformance(adalora, conformance);

describe("with the paper's regularizer", () => {
  describeMethodConformance(adalora, {
    ...conformance,
    config: { ...conformance.config, regularizer: "paper", regularizerWeight: 0.01 },
    counts: [],
    invalidConfigs: [],
  });
});
