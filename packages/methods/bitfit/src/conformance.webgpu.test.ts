import { describeMethodConformance } from "@peftbench/peft/conformance";
import { conformance } from "./conformance.ts";
import { bitfit } from "./index.ts";

describeMethodConformance(bitfit, conformance, "webgpu");
