/** Every method there is, a line each. */
export { adalora } from "@peftbench/method-adalora";
export { bitfit } from "@peftbench/method-bitfit";
export { full } from "@peftbench/method-full";
export { lamda } from "@peftbench/method-lamda";
export { lamdaPlusPlus } from "@peftbench/method-lamda-plus-plus";
export { linearProbe } from "@peftbench/method-linear-probe";
export { lora } from "@peftbench/method-lora";
export { loraFa } from "@peftbench/method-lora-fa";
export { loraXs } from "@peftbench/method-lora-xs";
