import { describeMethodConformance } from "@peftbench/peft/conformance";
import { conformance } from "./conformance.ts";
import { featureScale } from "./index.ts";

describeMethodConformance(featureScale, conformance);
