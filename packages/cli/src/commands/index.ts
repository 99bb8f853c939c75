import type { Command } from "../command.ts";
import { compare } from "./compare.ts";
import { doctor } from "./doctor.ts";
import { glue } from "./glue.ts";
import { list } from "./list.ts";
import { memory } from "./memory.ts";
import { pretrain } from "./pretrain.ts";
import { reasoning } from "./reasoning.ts";
import { report } from "./report.ts";
import { validate } from "./validate.ts";

/** Every command there is, in the order in which help lists them. */
export const commands: readonly Command[] = [
  glue,
  reasoning,
  pretrain,
  memory,
  report,
  compare,
  list,
  validate,
  doctor,
];
