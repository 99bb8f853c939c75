import { describeMethodConformance } from "@peftbench/peft/conformance";
import { conformance } from "./conformance.ts";
import { lamdaPlusPlus } from "./index.ts";

describeMethodConformance(lamdaPlusPlus, conformance, "webgpu");
