import { describeMethodConformance } from "@peftbench/peft/conformance";
import { conformance } from "./conformance.ts";
import { loraFa } from "./index.ts";

describeMethodConformance(loraFa, conformance, "webgpu");
