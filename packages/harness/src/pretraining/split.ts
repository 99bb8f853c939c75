import { createHash } from "node:crypto";
import type { TextDocument } from "./corpora/document.ts";

export interface SplitDocuments {
  readonly train: readonly TextDocument[];
  readonly heldOut: readonly TextDocument[];
}

/** Splits by a hash of each document's name, so that a corpus more or less moves no other document. */
export function splitDocuments(documents: readonly TextDocument[], heldOutShare: number): SplitDocuments {
  const isHeldOut = ({ name }: TextDocument): boolean =>
    createHash("sha256").update(name).digest().readUInt32BE(0) / 2 ** 32 < heldOutShare;
  return {
    train: documents.filter((document) => !isHeldOut(document)),
    heldOut: documents.filter(isHeldOut),
  };
}
