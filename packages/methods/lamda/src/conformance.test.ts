import { describeMethodConformance } from "@peftbench/peft/conformance";
import { describe } from "vitest";
import { conformance } from "./conformance.ts";
import { lamda } from "./index.ts";

describeMethodConformance(lamda, conformance);

describe.each([
  { name: "trailing directions first", config: { freezeOrder: "trailing-first" } },
  { name: "in one stage, masked throughout", config: { stages: 1 } },
  { name: "in two stages", config: { stages: 2 } },
  { name: "to the end of training", config: { freezeFraction: 1 } },
  { name: "from the start", config: { freezeFraction: 0 } },
])("frozen $name", ({ config }) => {
  describeMethodConformance(lamda, {
    ...conformance,
    config: { ...conformance.config, ...config },
    counts: [],
  });
});

describe("started on the singular values", () => {
  describeMethodConformance(lamda, {
    ...conformance,
    config: { ...conformance.config, init: "svd-sigma" },
    // The base weight loses what the path adds, both rounded to f32.
    stepZeroTolerance: 5e-6,
    roundTripTolerance: 1e-5,
    counts: [],
  });
});

describe("started on random orthonormal vectors", () => {
  describeMethodConformance(lamda, {
    ...conformance,
    config: { ...conformance.config, init: "random-orthonormal" },
    counts: [],
  });
});

describe("started as the released code does", () => {
  describeMethodConformance(lamda, {
    ...conformance,
    config: { ...conformance.config, init: "released-code" },
    counts: [],
  });
});
