import { describeMethodConformance } from "@peftbench/peft/conformance";
import { conformance } from "./conformance.ts";
import { full } from "./index.ts";

describeMethodConformance(full, conformance);
