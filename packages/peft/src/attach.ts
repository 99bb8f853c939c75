import { MethodError } from "./errors.ts";
import type { MethodAttachment, ModelDescription, PeftMethod, RunDescription } from "./method.ts";
import type { ModelShape } from "./modelGraph.ts";

/**
 * What a method is told of a model. A module whose weight trains with the head anyway, as a pooler that no checkpoint
 * brought, counts as the head's: adapting it as well would train it twice.
 */
export function describeModel({ architecture, config, head, headParameters }: ModelShape): ModelDescription {
  return {
    modules: architecture
      .linearModules(config, head)
      .map((module) => ({ ...module, head: module.head || headParameters.has(`${module.name}.weight`) })),
    parameters: architecture.parameters(config, head),
  };
}

/**
 * A method attached to a model under a configuration as users write it.
 *
 * @throws MethodError if the configuration has an unknown or wrong option, or does not fit the model.
 */
export function attachMethod(
  method: PeftMethod,
  model: ModelShape,
  config: unknown,
  run: Pick<RunDescription, "totalSteps"> & Partial<RunDescription>,
): MethodAttachment {
  const parsed = method.configSchema.safeParse(config);
  if (parsed.success) return method.attach(describeModel(model), parsed.data, { spectra: null, ...run });
  const problems = parsed.error.issues.map(({ path, message }) =>
    path.length === 0 ? message : `${path.join(".")}: ${message}`,
  );
  throw new MethodError(`The configuration of ${method.id} is wrong: ${problems.join("; ")}.`);
}
