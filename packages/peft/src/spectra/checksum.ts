import { createHash } from "node:crypto";
import type { TruncatedSvd } from "./truncatedSvd.ts";

/** sha256 over σ, U and V in float64, for results: two runs that show the same started from the same decomposition. */
export function svdChecksum({ singularValues, u, v }: TruncatedSvd): string {
  const hash = createHash("sha256").update(`${singularValues.length} ${u.length} ${v.length}\n`);
  for (const part of [singularValues, u, v]) {
    hash.update(new Uint8Array(part.buffer, part.byteOffset, part.byteLength));
  }
  return hash.digest("hex");
}
