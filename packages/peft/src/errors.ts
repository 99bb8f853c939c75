/** A method that cannot be used as asked: unknown target modules, a configuration that does not fit the model. */
export class MethodError extends Error {
  constructor(message: string) {
    super(message);
    this.name = "MethodError";
  }
}
