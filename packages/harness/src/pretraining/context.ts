import { createHash } from "node:crypto";
import type { Executor } from "@peftbench/runtime";
import { canonicalJson } from "../identity.ts";
import type { PretrainingConfig } from "./config.ts";
import type { PretrainingEvent } from "./events.ts";
import type { MaskingOptions } from "./masking.ts";
import type { CorpusText, PreparedText } from "./prepareText.ts";
import { SPECIAL_IDS } from "./prepareText.ts";

/** What a pretraining run may use of the world. */
export interface PretrainingContext {
  readonly executor: Executor;
  /** Name and version of the JavaScript runtime, for the log. */
  readonly runtime: string;
  readonly corpora: readonly CorpusText[];
  /** Where everything of this run is kept. */
  readonly runFolder: string;
  readonly nowMs: () => number;
  readonly timestamp: () => string;
  readonly signal: AbortSignal;
  readonly say: (line: string) => void;
  readonly onEvent?: (event: PretrainingEvent) => void;
}

/** Names the run's folder: everything in the configuration decides the outcome. */
export function pretrainingId(config: PretrainingConfig): string {
  const hash = createHash("sha256").update(canonicalJson(config)).digest("hex");
  return `${config.name}-${hash.slice(0, 12)}`;
}

/** How rows are masked. In evaluation all chosen tokens become `[MASK]`. */
export function maskingOf(
  config: PretrainingConfig,
  text: Pick<PreparedText, "vocabulary">,
  purpose: "training" | "evaluation",
): MaskingOptions {
  const isTraining = purpose === "training";
  return {
    maskedShare: isTraining ? config.rows.maskedShare : config.evaluation.maskedShare,
    replace: isTraining ? "training" : "always",
    vocabularySize: text.vocabulary.length,
    special: SPECIAL_IDS,
  };
}
