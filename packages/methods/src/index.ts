import type { PeftMethod } from "@peftbench/peft";
import * as all from "./all.ts";

/** Every method there is, in the order of their names: what `all.ts` exports. */
export const methods: readonly PeftMethod[] = Object.values(all);
