import { describeMethodConformance } from "@peftbench/peft/conformance";
import { conformance } from "./conformance.ts";
import { lamda } from "./index.ts";

describeMethodConformance(lamda, conformance, "webgpu");
