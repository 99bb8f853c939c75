/** Runs tasks one after another: those of one program share the buffer that outputs come back in. */
export class RunQueue {
  #last: Promise<unknown> = Promise.resolve();

  /** Starts a task once all before it have ended, however they ended. */
  add<Result>(task: () => Promise<Result>): Promise<Result> {
    const result = this.#last.then(task);
    this.#last = result.catch(() => undefined);
    return result;
  }

  /** Waits for all tasks that were added. */
  async idle(): Promise<void> {
    await this.#last;
  }
}
