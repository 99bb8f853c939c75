export { type LoraConfig, loraConfigSchema } from "./config.ts";
export { lora } from "./lora.ts";
