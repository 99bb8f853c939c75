import { Decoder } from "@huggingface/tokenizers";

/**
 * As the reference: bytes that follow each other are text where all of them together are UTF-8, and else a replacement
 * character each. The library replaces what is wrong among them, and drops a byte order mark.
 */
export class ByteFallbackDecoder extends Decoder {
  readonly #text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

  constructor() {
    super({ type: "ByteFallback" });
  }

  override decode_chain(tokens: string[]): string[] {
    const texts: string[] = [];
    let bytes: number[] = [];
    const spell = (): void => {
      if (bytes.length > 0) texts.push(this.#spelt(bytes));
      bytes = [];
    };
    for (const token of tokens) {
      const byte = /^<0x([0-9A-Fa-f]{2})>$/.exec(token)?.[1];
      if (byte !== undefined) bytes.push(Number.parseInt(byte, 16));
      else {
        spell();
        texts.push(token);
      }
    }
    spell();
    return texts;
  }

  #spelt(bytes: readonly number[]): string {
    try {
      return this.#text.decode(Uint8Array.from(bytes));
    } catch {
      return "\ufffd".repeat(bytes.length);
    }
  }
}
