export { adalora } from "./adalora.ts";
