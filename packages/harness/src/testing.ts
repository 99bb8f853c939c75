/** What tests of other packages start from. */
export { TINY_TRAINING, type TinyGridOptions, tinyGrid } from "./training/tinyGrid.ts";
export { writeTinyModel, writeTinySst2 } from "./training/tinyTask.ts";
