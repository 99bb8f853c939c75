import { z } from "zod";

export const count = z.int().nonnegative();
export const bytes = z.int().nonnegative();
export const milliseconds = z.number().nonnegative();
export const text = z.string().min(1);
export const sha256 = z.string().regex(/^[0-9a-f]{64}$/, "expected 64 hexadecimal digits (sha256)");
