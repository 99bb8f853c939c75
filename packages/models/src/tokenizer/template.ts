import { z } from "zod";
import { TokenizerError } from "./errors.ts";

/** Where special tokens stand around one sequence or two; every kind of post-processor comes down to this. */
export interface Template {
  readonly single: readonly TemplateItem[];
  readonly pair: readonly TemplateItem[];
}

/** Special tokens by id, or the place of the first or second sequence. */
export type TemplateItem =
  | { readonly ids: readonly number[]; readonly typeId: number }
  | { readonly sequence: "first" | "second"; readonly typeId: number };

const itemSchema = z.union([
  z.object({ SpecialToken: z.object({ id: z.string(), type_id: z.int() }) }),
  z.object({ Sequence: z.object({ id: z.enum(["A", "B"]), type_id: z.int() }) }),
]);
const tokenAndId = z.tuple([z.string(), z.int()]);
const processorSchema = z.discriminatedUnion("type", [
  z.object({
    type: z.literal("TemplateProcessing"),
    single: z.array(itemSchema),
    pair: z.array(itemSchema),
    special_tokens: z.record(z.string(), z.object({ ids: z.array(z.int()) })),
  }),
  z.object({ type: z.literal("BertProcessing"), sep: tokenAndId, cls: tokenAndId }),
  z.object({ type: z.literal("RobertaProcessing"), sep: tokenAndId, cls: tokenAndId }),
  z.object({ type: z.literal("ByteLevel") }),
  z.object({ type: z.literal("Sequence"), processors: z.array(z.unknown()) }),
]);

const first = { sequence: "first", typeId: 0 } as const;

/** No special tokens: the second sequence follows the first. */
const plainTemplate: Template = { single: [first], pair: [first, { sequence: "second", typeId: 1 }] };

/**
 * Reads the `post_processor` of a tokenizer.json.
 * @throws {TokenizerError} `unsupported-tokenizer` for a kind that is not known
 */
export function readTemplate(processor: unknown, file: string): Template {
  if (processor === null || processor === undefined) return plainTemplate;
  const parsed = processorSchema.safeParse(processor);
  if (!parsed.success) throw unsupported(file, JSON.stringify(processor).slice(0, 120));
  const { data } = parsed;
  switch (data.type) {
    case "ByteLevel":
      return plainTemplate;
    case "BertProcessing": {
      const [cls, sep] = [data.cls[1], data.sep[1]];
      const single = [{ ids: [cls], typeId: 0 }, first, { ids: [sep], typeId: 0 }];
      return { single, pair: [...single, { sequence: "second", typeId: 1 }, { ids: [sep], typeId: 1 }] };
    }
    case "RobertaProcessing": {
      const [cls, sep] = [data.cls[1], data.sep[1]];
      const single = [{ ids: [cls], typeId: 0 }, first, { ids: [sep], typeId: 0 }];
      const second = { sequence: "second", typeId: 0 } as const;
      return { single, pair: [...single, { ids: [sep], typeId: 0 }, second, { ids: [sep], typeId: 0 }] };
    }
    case "TemplateProcessing": {
      const toItem = (item: z.infer<typeof itemSchema>): TemplateItem => {
        if ("Sequence" in item) {
          return { sequence: item.Sequence.id === "A" ? "first" : "second", typeId: item.Sequence.type_id };
        }
        const { id, type_id: typeId } = item.SpecialToken;
        const token = data.special_tokens[id];
        if (token === undefined) throw unsupported(file, `the special token ${id} without its ids`);
        return { ids: token.ids, typeId };
      };
      return { single: data.single.map(toItem), pair: data.pair.map(toItem) };
    }
    case "Sequence": {
      // ByteLevel, which other kinds are usually combined with, only adjusts character offsets.
      const others = data.processors.filter(
        (one) => typeof one !== "object" || one === null || !("type" in one) || one.type !== "ByteLevel",
      );
      if (others.length > 1) throw unsupported(file, `a sequence of ${others.length} post-processors`);
      return readTemplate(others[0], file);
    }
  }
}

/** How many special tokens a template adds. */
export function specialTokenCount(items: readonly TemplateItem[]): number {
  return items.reduce((count, item) => count + ("ids" in item ? item.ids.length : 0), 0);
}

/** Puts the sequences into their places. */
export function fillTemplate(
  items: readonly TemplateItem[],
  firstIds: readonly number[],
  secondIds: readonly number[],
): { readonly ids: number[]; readonly typeIds: number[] } {
  const ids: number[] = [];
  const typeIds: number[] = [];
  for (const item of items) {
    const itemIds = "ids" in item ? item.ids : item.sequence === "first" ? firstIds : secondIds;
    for (const id of itemIds) {
      ids.push(id);
      typeIds.push(item.typeId);
    }
  }
  return { ids, typeIds };
}

function unsupported(file: string, found: string): TokenizerError {
  return new TokenizerError({
    code: "unsupported-tokenizer",
    file,
    found: `post_processor: ${found}`,
    expected:
      "TemplateProcessing, BertProcessing, RobertaProcessing, ByteLevel or a Sequence with one of them",
    remedy: "Save the tokenizer anew with a current version of transformers.",
  });
}
