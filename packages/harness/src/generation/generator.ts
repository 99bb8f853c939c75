import { DECODER_INPUTS, DECODING_INPUTS, ENCODER_INPUTS } from "@peftbench/models";
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
  /** Most tokens of a prompt; of an encoder-decoder, of its source. */
  readonly promptLength: number;
  /** What targets of an encoder-decoder start with; decoders go on from the prompt. */
  readonly startToken?: number;
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
  #sourceMask = new Float32Array();
  #lengths: readonly number[] = [];
  #place = 0;

  /** @throws {RangeError} for an encoder-decoder without a start token */
  static async create(options: GeneratorOptions): Promise<Generator> {
    const { executor, model, stage, rows, promptLength, reorders, values, startToken } = options;
    if (model.architecture.kind === "encoder-decoder" && startToken === undefined) {
      throw new RangeError(`${model.architecture.title} needs a token that targets start with; found none.`);
    }
    const shape = { rows, length: promptLength, capacity: firstPlaces(options) + options.newTokens };
    const prompt = buildPromptGraph(model, stage, shape);
    const token = buildTokenGraph(model, stage, { ...shape, reorders });
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
   * Reads prompts: of a decoder padded on the left, of an encoder-decoder, as its source, on the right.
   * @param prompts a row each, every one with a token at least
   * @returns logits of the token after each, [rows, vocabulary]
   * @throws {RangeError} for another number of rows, or a prompt that is empty or too long
   */
  async readPrompts(prompts: readonly (readonly number[])[]): Promise<Float32Array> {
    const { rows, promptLength, startToken } = this.#options;
    if (prompts.length !== rows) throw new RangeError(`Found ${prompts.length} prompts; expected ${rows}.`);
    const wrong = prompts.findIndex(({ length }) => length === 0 || length > promptLength);
    if (wrong !== -1) {
      throw new RangeError(
        `Prompt ${wrong} has ${prompts[wrong]?.length} tokens; expected 1 to ${promptLength}.`,
      );
    }
    const hasSource = this.#hasSource;
    const ids = new Int32Array(rows * promptLength);
    const mask = new Float32Array(rows * promptLength);
    const positions = new Int32Array(rows * promptLength);
    this.#visible = new Float32Array(rows * this.#capacity);
    prompts.forEach((prompt, row) => {
      const start = row * promptLength + (hasSource ? 0 : promptLength - prompt.length);
      ids.set(prompt, start);
      mask.fill(1, start, start + prompt.length);
      prompt.forEach((_, place) => {
        positions[start + place] = place;
      });
      const end = row * this.#capacity + firstPlaces(this.#options);
      this.#visible.fill(1, end - (hasSource ? 1 : prompt.length), end);
    });
    this.#sourceMask = mask;
    this.#lengths = prompts.map(({ length }) => (hasSource ? 1 : length));
    this.#place = firstPlaces(this.#options);
    const outputs = await this.#prompt.run(
      feedsOf(this.#prompt.graph, {
        [ENCODER_INPUTS.inputIds]: ids,
        [ENCODER_INPUTS.attentionMask]: mask,
        [DECODER_INPUTS.decoderInputIds]: new Int32Array(rows).fill(startToken ?? 0),
        [DECODING_INPUTS.positions]: hasSource ? new Int32Array(rows) : positions,
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
    const { rows, newTokens } = this.#options;
    const capacity = this.#capacity;
    if (this.#place >= capacity) throw new RangeError(`All ${newTokens} places for new tokens are taken.`);
    const from = origins ?? tokens.map((_, row) => row);
    const visible = new Float32Array(rows * capacity);
    from.forEach((origin, row) => {
      visible.set(this.#visible.subarray(origin * capacity, (origin + 1) * capacity), row * capacity);
      visible[row * capacity + this.#place] = 1;
    });
    this.#visible = visible;
    this.#lengths = from.map((origin) => this.#lengths[origin] as number);
    const done = this.#place - firstPlaces(this.#options);
    const place = new Float32Array(capacity);
    place[this.#place] = 1;
    this.#place += 1;
    const outputs = await this.#token.run(
      feedsOf(this.#token.graph, {
        [this.#hasSource ? DECODER_INPUTS.decoderInputIds : ENCODER_INPUTS.inputIds]: Int32Array.from(tokens),
        [ENCODER_INPUTS.attentionMask]: this.#sourceMask,
        [DECODING_INPUTS.positions]: Int32Array.from(this.#lengths, (length) => length + done),
        [DECODING_INPUTS.visible]: visible,
        [DECODING_INPUTS.place]: place,
        [DECODING_INPUTS.origins]: Int32Array.from(from),
      }),
    );
    return outputs[EVALUATION_OUTPUTS.logits]?.data as Float32Array;
  }

  /** The tokens that new ones come behind: a decoder's prompt, or what targets start with. */
  before(prompt: readonly number[]): readonly number[] {
    const { startToken } = this.#options;
    return this.#hasSource && startToken !== undefined ? [startToken] : prompt;
  }

  get #hasSource(): boolean {
    return this.#options.model.architecture.kind === "encoder-decoder";
  }

  get #capacity(): number {
    return firstPlaces(this.#options) + this.#options.newTokens;
  }

  async dispose(): Promise<void> {
    await this.#prompt.dispose();
    await this.#token.dispose();
    this.#store.release(this.#store.names);
  }
}

/** Places of what is read first: a decoder's prompt, an encoder-decoder's start token. */
function firstPlaces({ model, promptLength }: GeneratorOptions): number {
  return model.architecture.kind === "encoder-decoder" ? 1 : promptLength;
}
