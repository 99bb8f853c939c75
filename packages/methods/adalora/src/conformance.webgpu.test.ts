import { describeMethodConformance } from "@peftbench/peft/conformance";
import { conformance } from "./conformance.ts";
import { adalora } from "./index.ts";

describeMethodConformance(adalora, conformance, "webgpu");
