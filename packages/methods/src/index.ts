import { full } from "@peftbench/method-full";
import { lamda } from "@peftbench/method-lamda";
import { lora } from "@peftbench/method-lora";
import type { PeftMethod } from "@peftbench/peft";

/** Every method there is. A new one is a folder beside this and a line here. */
export const methods: readonly PeftMethod[] = [full, lora, lamda];
