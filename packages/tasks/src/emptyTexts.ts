/**
 * Tells of the texts of one example after another whether an empty one among them is to be refused.
 * @param allowed how many examples of the file may have one
 */
export function emptyTextCheck(
  allowed: number,
): (example: { readonly text: string; readonly pair?: string }) => boolean {
  let found = 0;
  return ({ text, pair }) => {
    if (text.trim() !== "" && pair?.trim() !== "") return false;
    found++;
    return found > allowed;
  };
}

/** What is expected, for messages. */
export function expectedTexts(allowed: number): string {
  return allowed === 0
    ? "some text in every text column"
    : `some text in every text column, but for ${allowed} examples`;
}
