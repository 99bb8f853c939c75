import { DECODING_INPUTS, ENCODER_INPUTS } from "@peftbench/models";
import type { MethodStage, ModelShape } from "@peftbench/peft";
import { buildPromptGraph, buildTokenGraph, EVALUATION_OUTPUTS, emptyCaches } from "@peftbench/peft";
import type { Executor, HostTensor, ParameterStore, Program } from "@peftbench/runtime";
import { feedsOf } from "@peftbench/runtime";

/** What a generator is made for. */
export interface GeneratorOptions {
  readonly executor: Executor;
  readonly model: ModelShape;
  readonly stage: MethodStage;
  /** Every parameter of model and stage. */
  readonly values: ReadonlyMap<string, HostTensor>;
  /** Rows that are generated together. */
  readonly rows: number;
  /** Most tokens of a prompt. */
  readonly promptLength: number;
  /** Most tokens that are generated. */
  readonly newTokens: number;
  /** Whether rows may go on from other rows, as beams do. */
  readonly reorders: boolean;
}

/**
 * Decodes with keys and values kept on the device: a prompt is read once, and each token after it alone. One pass at a
 * time; the next prompt writes over what is kept.
 */
export class Generator {
  readonly #options: GeneratorOptions;
  readonly #store: ParameterStore;
  readonly #prompt: Program;
  readonly #token: Program;
  #visible = new Float32Array();
  #lengths: readonly number[] = [];
  #place = 0;

  static async create(options: GeneratorOptions): Promise<Generator> {
    const { executor, model, stage, rows, promptLength, newTokens, reorders, values } = options;
    const capacity = promptLength + newTokens;
    const prompt = buildPromptGraph(model, stage, { rows, length: promptLength, capacity });
    const token = buildTokenGraph(model, stage, { rows, capacity, reorders });
    const store = await executor.createStore(new Map([...values, ...emptyCaches(prompt)]));
    return new Generator(
      options,
      store,
      await executor.compile(prompt, store),
      await executor.compile(token, store),
    );
  }

  private constructor(options: GeneratorOptions, store: ParameterStore, prompt: Program, token: Program) {
    this.#options = options;
    this.#store = store;
    this.#prompt = prompt;
    this.#token = token;
  }

  /**
   * Reads prompts, padded on the left to the generator's length.
   * @param prompts a row each, every one with a token at least
   * @returns logits of the token after each, [rows, vocabulary]
   * @throws {RangeError} for another number of rows, or a prompt that is empty or too long
   */
  async readPrompts(prompts: readonly (readonly number[])[]): Promise<Float32Array> {
    const { rows, promptLength, newTokens } = this.#options;
    if (prompts.length !== rows) throw new RangeError(`Found ${prompts.length} prompts; expected ${rows}.`);
    const capacity = promptLength + newTokens;
    const ids = new Int32Array(rows * promptLength);
    const mask = new Float32Array(rows * promptLength);
    const positions = new Int32Array(rows * promptLength);
    this.#visible = new Float32Array(rows * capacity);
    prompts.forEach((prompt, row) => {
      if (prompt.length === 0 || prompt.length > promptLength) {
        throw new RangeError(`Prompt ${row} has ${prompt.length} tokens; expected 1 to ${promptLength}.`);
      }
      const start = promptLength - prompt.length;
      ids.set(prompt, row * promptLength + start);
      for (const [place] of prompt.entries()) {
        mask[row * promptLength + start + place] = 1;
        positions[row * promptLength + start + place] = place;
        this.#visible[row * capacity + start + place] = 1;
      }
    });
    this.#lengths = prompts.map(({ length }) => length);
    this.#place = promptLength;
    const outputs = await this.#prompt.run(
      feedsOf(this.#prompt.graph, {
        [ENCODER_INPUTS.inputIds]: ids,
        [ENCODER_INPUTS.attentionMask]: mask,
        [DECODING_INPUTS.positions]: positions,
      }),
    );
    return outputs[EVALUATION_OUTPUTS.logits]?.data as Float32Array;
  }

  /**
   * Reads a token of each row.
   * @param origins the row that each goes on from, for generators that reorder; itself where absent
   * @returns logits of the token after it, [rows, vocabulary]
   * @throws {RangeError} where no place is left
   */
  async readTokens(tokens: readonly number[], origins?: readonly number[]): Promise<Float32Array> {
    const { rows, promptLength, newTokens } = this.#options;
    const capacity = promptLength + newTokens;
    if (this.#place >= capacity) throw new RangeError(`All ${newTokens} places for new tokens are taken.`);
    const from = origins ?? tokens.map((_, row) => row);
    const visible = new Float32Array(rows * capacity);
    from.forEach((origin, row) => {
      visible.set(this.#visible.subarray(origin * capacity, (origin + 1) * capacity), row * capacity);
      visible[row * capacity + this.#place] = 1;
    });
    this.#visible = visible;
    this.#lengths = from.map((origin) => this.#lengths[origin] as number);
    const done = this.#place - promptLength;
    const place = new Float32Array(capacity);
    place[this.#place] = 1;
    this.#place += 1;
    const outputs = await this.#token.run(
      feedsOf(this.#token.graph, {
        [ENCODER_INPUTS.inputIds]: Int32Array.from(tokens),
        [DECODING_INPUTS.positions]: Int32Array.from(this.#lengths, (length) => length + done),
        [DECODING_INPUTS.visible]: visible,
        [DECODING_INPUTS.place]: place,
        [DECODING_INPUTS.origins]: Int32Array.from(from),
      }),
    );
    return outputs[EVALUATION_OUTPUTS.logits]?.data as Float32Array;
  }

  async dispose(): Promise<void> {
    await this.#prompt.dispose();
    await this.#token.dispose();
    this.#store.release(this.#store.names);
  }
}
