import { describeMethodConformance } from "@peftbench/peft/conformance";
import { conformance } from "./conformance.ts";
import { lora } from "./index.ts";

describeMethodConformance(lora, conformance);
