import { describeMethodConformance } from "@peftbench/peft/conformance";
import { describe } from "vitest";
import { conformance } from "./conformance.ts";
import { lora } from "./index.ts";

describeMethodConformance(lora, conformance);

describe("started from the leading singular triplets", () => {
  describeMethodConformance(lora, {
    ...conformance,
    config: { ...conformance.config, init: "pissa" },
    // The base weight loses what the path adds, both rounded to f32.
    stepZeroTolerance: 5e-6,
    // It comes back as the difference of the trained path and the first one.
    roundTripTolerance: 1e-5,
    counts: [],
    invalidConfigs: [],
  });
});
