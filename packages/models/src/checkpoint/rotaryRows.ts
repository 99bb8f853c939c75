/**
 * Rows of a query or key projection from the order in which Meta's Llama turns pairs of neighbours (features 0 and 1, 2
 * and 3, ... of a head) into that in which transformers turns halves (features 0 and headSize / 2, ...). llama2.c and
 * llama.cpp have the first: `LlamaModel.permute` in llama.cpp's convert_hf_to_gguf.py goes the other way.
 * @param values [heads * headSize, columns], row-major, or a bias [heads * headSize]
 */
export function halvesFromPairs(
  values: Float32Array,
  heads: number,
  headSize: number,
): Float32Array<ArrayBuffer> {
  const columns = values.length / (heads * headSize);
  const half = headSize / 2;
  const result = new Float32Array(values.length);
  for (let head = 0; head < heads; head++) {
    for (let pair = 0; pair < half; pair++) {
      for (const side of [0, 1]) {
        const from = head * headSize + 2 * pair + side;
        const to = head * headSize + side * half + pair;
        result.set(values.subarray(from * columns, (from + 1) * columns), to * columns);
      }
    }
  }
  return result;
}
