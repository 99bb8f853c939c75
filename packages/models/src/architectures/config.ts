import type { z } from "zod";

/** A `config.json` that this architecture cannot be built from. */
export class ConfigError extends Error {
  constructor(message: string) {
    super(message);
    this.name = "ConfigError";
  }
}

/** A task that the architecture has no head for. */
export class HeadError extends Error {
  override readonly name = "HeadError";
  readonly remedy = "Choose another task, or a model that has a head for it.";

  constructor(architecture: string, found: string, expected: readonly string[]) {
    super(`Found the head ${found} with ${architecture}; expected ${expected.join(" or ")}.`);
  }
}

/** A way of computing attention that the architecture has not. */
export class AttentionError extends Error {
  override readonly name = "AttentionError";
  readonly remedy = "Set attention to materialized: leave --attention out, or say --attention materialized.";

  constructor(architecture: string, reason: string) {
    super(
      `Found attention fused with a ${architecture} model; expected materialized, as ${architecture} has it alone: ${reason}.`,
    );
  }
}

/** Checks a parsed `config.json` against an architecture's schema; the error names every wrong field. */
export function parseModelConfig<Schema extends z.ZodType>(
  architecture: string,
  schema: Schema,
  json: unknown,
): z.output<Schema> {
  const parsed = schema.safeParse(json);
  if (parsed.success) return parsed.data;
  const problems = parsed.error.issues.map(
    (issue) => `${issue.path.join(".") || "the file"}: ${issue.message}`,
  );
  throw new ConfigError(
    `config.json does not describe a supported ${architecture} model. ${problems.join("; ")}.`,
  );
}
