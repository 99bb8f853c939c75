import type { Architecture } from "./architecture.ts";
import { bart } from "./bart/index.ts";
import { bert } from "./bert/index.ts";
import { ConfigError } from "./config.ts";
import { deberta } from "./deberta/index.ts";
import { gpt2 } from "./gpt2/index.ts";
import { llama } from "./llama/index.ts";
import { roberta } from "./roberta/index.ts";
import { t5 } from "./t5/index.ts";

/** Every architecture there is. A new one is a folder beside this and a line here. */
export const architectures: readonly Architecture[] = [
  bert as Architecture,
  roberta as Architecture,
  deberta as Architecture,
  llama as Architecture,
  gpt2 as Architecture,
  t5 as Architecture,
  bart as Architecture,
];

/** The architecture that a parsed `config.json` names. @throws ConfigError if there is none. */
export function architectureOf(config: unknown): Architecture {
  const modelType =
    typeof config === "object" && config !== null && "model_type" in config ? config.model_type : null;
  const found = architectures.find((architecture) => architecture.modelType === modelType);
  if (found !== undefined) return found;
  const known = architectures.map((architecture) => architecture.modelType).join(", ");
  throw new ConfigError(`config.json has model_type ${JSON.stringify(modelType)}; supported: ${known}.`);
}
