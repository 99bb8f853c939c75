import { adalora } from "@peftbench/method-adalora";
import { bitfit } from "@peftbench/method-bitfit";
import { full } from "@peftbench/method-full";
import { lamda } from "@peftbench/method-lamda";
import { lamdaPlusPlus } from "@peftbench/method-lamda-plus-plus";
import { linearProbe } from "@peftbench/method-linear-probe";
import { lora } from "@peftbench/method-lora";
import { loraFa } from "@peftbench/method-lora-fa";
import { loraXs } from "@peftbench/method-lora-xs";
import type { PeftMethod } from "@peftbench/peft";

/** Every method there is. A new one is a folder beside this and a line here. */
export const methods: readonly PeftMethod[] = [
  full,
  linearProbe,
  bitfit,
  lora,
  loraFa,
  loraXs,
  lamda,
  lamdaPlusPlus,
  adalora,
];
