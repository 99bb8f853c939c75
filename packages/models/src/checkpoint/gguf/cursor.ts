import { CheckpointError } from "../errors.ts";

/** Bytes of a header beyond those that were read so far; whoever reads it begins again with more. */
export class HeaderContinues extends Error {}

/** What is damaged in a GGUF file. */
export function badGguf(file: string, found: string, expected: string): CheckpointError {
  return new CheckpointError({
    code: "bad-header",
    file,
    found,
    expected,
    remedy: "The file is damaged or not GGUF; download it again.",
  });
}

export function cutOffGguf(file: string, found: string, expected: string): CheckpointError {
  return new CheckpointError({
    code: "cut-off",
    file,
    found,
    expected,
    remedy: "The file is cut off; download it again.",
  });
}

/** Reads the header of a GGUF file from its beginning, number by number, little-endian. */
export class GgufCursor {
  readonly file: string;
  /** Of the next byte to read, from the beginning of the file. */
  #offset = 0;
  readonly #bytes: Uint8Array<ArrayBuffer>;
  readonly #view: DataView;
  readonly #fileBytes: number;
  readonly #text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

  /**
   * @param bytes the file's beginning
   * @param fileBytes length of the whole file
   */
  constructor(file: string, bytes: Uint8Array<ArrayBuffer>, fileBytes: number) {
    this.file = file;
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#fileBytes = fileBytes;
  }

  get offset(): number {
    return this.#offset;
  }

  /**
   * Refuses a count that the rest of the file cannot hold, before anything is made of that size.
   * @throws {CheckpointError} `cut-off`
   */
  expect(count: number, bytesEach: number, what: string): void {
    const left = this.#fileBytes - this.#offset;
    if (count * bytesEach > left) {
      throw cutOffGguf(
        this.file,
        `${left} bytes after byte ${this.#offset}`,
        `${count} ${what} of ${bytesEach} bytes or more`,
      );
    }
  }

  u8 = (): number => this.#view.getUint8(this.#take(1));
  i8 = (): number => this.#view.getInt8(this.#take(1));
  u16 = (): number => this.#view.getUint16(this.#take(2), true);
  i16 = (): number => this.#view.getInt16(this.#take(2), true);
  u32 = (): number => this.#view.getUint32(this.#take(4), true);
  i32 = (): number => this.#view.getInt32(this.#take(4), true);
  f32 = (): number => this.#view.getFloat32(this.#take(4), true);
  f64 = (): number => this.#view.getFloat64(this.#take(8), true);
  u64 = (): bigint => this.#view.getBigUint64(this.#take(8), true);
  i64 = (): bigint => this.#view.getBigInt64(this.#take(8), true);

  /** A count, size or offset of 64 bits; beyond 2^53 it is near enough to be refused. */
  count = (): number => Number(this.u64());

  text = (): string => {
    const length = this.count();
    this.expect(length, 1, "characters of a text");
    const start = this.#take(length);
    try {
      return this.#text.decode(this.#bytes.subarray(start, start + length));
    } catch {
      throw badGguf(this.file, `a text at byte ${start} that is not UTF-8`, "UTF-8");
    }
  };

  #take(length: number): number {
    const start = this.#offset;
    const end = start + length;
    if (end > this.#fileBytes) {
      throw cutOffGguf(this.file, `the end of the file at byte ${this.#fileBytes}`, "more of its header");
    }
    if (end > this.#bytes.byteLength) throw new HeaderContinues();
    this.#offset = end;
    return start;
  }
}
