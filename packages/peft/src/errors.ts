/** A method that cannot be used as asked: unknown target modules, a configuration that does not fit the model. */
export class MethodError extends Error {
  constructor(message: string) {
    super(message);
    this.name = "MethodError";
  }
}

/** A method decides by pretrained weights, and they have not been read: a plan from a `config.json` has none. */
export class WeightsNeededError extends MethodError {
  constructor(message: string) {
    super(message);
    this.name = "WeightsNeededError";
  }
}
