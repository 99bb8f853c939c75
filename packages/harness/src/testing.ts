/** What tests of other packages start from. */
export { writeTinyModel, writeTinySst2 } from "./training/tinyTask.ts";
