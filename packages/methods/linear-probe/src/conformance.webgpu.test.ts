import { describeMethodConformance } from "@peftbench/peft/conformance";
import { conformance } from "./conformance.ts";
import { linearProbe } from "./index.ts";

describeMethodConformance(linearProbe, conformance, "webgpu");
