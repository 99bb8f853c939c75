import { describeMethodConformance } from "@peftbench/peft/conformance";
import { conformance } from "./conformance.ts";
import { loraXs } from "./index.ts";

describeMethodConformance(loraXs, conformance);
