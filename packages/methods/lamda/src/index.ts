export { lamda } from "./lamda.ts";
