import { describeMethodConformance } from "@peftbench/peft/conformance";
import { describe } from "vitest";
import { conformance } from "./conformance.ts";
import { loraFa } from "./index.ts";

describeMethodConformance(loraFa, conformance);

describe("with B's gradient projected", () => {
  describeMethodConformance(loraFa, {
    ...conformance,
    config: { ...conformance.config, preconditioner: "projection" },
    counts: [],
    invalidConfigs: [],
  });
});
