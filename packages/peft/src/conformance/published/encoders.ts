import type { LinearModule } from "@peftbench/models";
import type { DeclaredModel } from "./declare.ts";
import { layerNorm, linear, parameter } from "./declare.ts";

export interface EncoderWidths {
  readonly layers: number;
  readonly hidden: number;
  readonly intermediate: number;
}

/** `RobertaForSequenceClassification` with two labels. */
export function roberta(title: string, { layers, hidden, intermediate }: EncoderWidths): DeclaredModel {
  const attention = ["query", "key", "value"].map((name) => `attention.self.${name}`);
  return {
    title,
    modules: [
      ...encoderLayers("roberta.encoder.layer", attention, { layers, hidden, intermediate }),
      linear("classifier.dense", [hidden, hidden], { bias: true, head: true }),
      linear("classifier.out_proj", [hidden, 2], { bias: true, head: true }),
    ],
    others: [
      parameter("roberta.embeddings.word_embeddings.weight", [50_265, hidden]),
      parameter("roberta.embeddings.position_embeddings.weight", [514, hidden]),
      parameter("roberta.embeddings.token_type_embeddings.weight", [1, hidden]),
      ...layerNorm("roberta.embeddings.LayerNorm", hidden),
      ...encoderNorms("roberta.encoder.layer", layers, hidden),
    ],
  };
}

/** `DebertaV2ForSequenceClassification` as DeBERTa-v3 configures it, with two labels. Its pooler is in no checkpoint. */
export function debertaV3(title: string, { layers, hidden, intermediate }: EncoderWidths): DeclaredModel {
  const attention = ["query_proj", "key_proj", "value_proj"].map((name) => `attention.self.${name}`);
  return {
    title,
    modules: [
      ...encoderLayers("deberta.encoder.layer", attention, { layers, hidden, intermediate }),
      linear("pooler.dense", [hidden, hidden], { bias: true, head: true }),
      linear("classifier", [hidden, 2], { bias: true, head: true }),
    ],
    others: [
      parameter("deberta.embeddings.word_embeddings.weight", [128_100, hidden]),
      ...layerNorm("deberta.embeddings.LayerNorm", hidden),
      // Positions are relative alone, and attention's own projections are shared with them.
      parameter("deberta.encoder.rel_embeddings.weight", [512, hidden]),
      ...layerNorm("deberta.encoder.LayerNorm", hidden),
      ...encoderNorms("deberta.encoder.layer", layers, hidden),
    ],
  };
}

function encoderLayers(
  prefix: string,
  attention: readonly string[],
  { layers, hidden, intermediate }: EncoderWidths,
): readonly LinearModule[] {
  const bias = { bias: true };
  return Array.from({ length: layers }, (_, index) => [
    ...attention.map((name) => linear(`${prefix}.${index}.${name}`, [hidden, hidden], bias)),
    linear(`${prefix}.${index}.attention.output.dense`, [hidden, hidden], bias),
    linear(`${prefix}.${index}.intermediate.dense`, [hidden, intermediate], bias),
    linear(`${prefix}.${index}.output.dense`, [intermediate, hidden], bias),
  ]).flat();
}

function encoderNorms(prefix: string, layers: number, hidden: number) {
  return Array.from({ length: layers }, (_, index) => [
    ...layerNorm(`${prefix}.${index}.attention.output.LayerNorm`, hidden),
    ...layerNorm(`${prefix}.${index}.output.LayerNorm`, hidden),
  ]).flat();
}
