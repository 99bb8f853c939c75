import { attachMethod } from "@peftbench/peft";
import { smallBert } from "@peftbench/peft/conformance";
import { expect, it } from "vitest";
import { lamdaPlusPlus } from "./index.ts";

it("says that it needs weights where it is attached without them", () => {
  expect(() => attachMethod(lamdaPlusPlus, smallBert, {}, { totalSteps: 3 })).toThrow(
    /spectra of pretrained weights, which a plan does not read/,
  );
});
