import type { Tensor } from "@peftbench/runtime";
import { z } from "zod";

const TANH_NAMES = ["gelu_new", "gelu_pytorch_tanh"] as const;

/** Activations by their names in `config.json`. */
export const activationSchema = z
  .enum(["gelu", ...TANH_NAMES, "relu"])
  .transform((name): Activation => (name === "gelu" || name === "relu" ? name : "geluTanh"));

export type Activation = "gelu" | "geluTanh" | "relu";

/** The activation that a configuration names. */
export function activate({ activation }: { readonly activation: Activation }, x: Tensor): Tensor {
  switch (activation) {
    case "gelu":
      return x.gelu();
    case "geluTanh":
      return x.gelu("tanh");
    case "relu":
      return x.relu();
  }
}
